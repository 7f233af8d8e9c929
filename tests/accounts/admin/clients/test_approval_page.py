"""Approval of clients by the operator, one by one and in bulk."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as Browser

from accounts.admin.clients import approval_page
from accounts.clients import vouching
from accounts.models import Client, Event
from tests.support.admin.pages import press, text_of, url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_client

pytestmark = pytest.mark.django_db


class TestApprovingClients:
    """An approval vouches for the current metadata of a client (accounts/clients/vouching.py)."""

    @pytest.fixture
    def registered(self) -> Client:
        return make_client(
            registration_source=Client.RegistrationSource.DCR, redirect_uris="https://app.example.com/cb"
        )

    def is_vouched(self, client: Client) -> bool:
        return vouching.is_vouched(Client.objects.get(pk=client.pk))

    def test_one_that_came_by_itself_is_vouched_for_once_it_was_approved(self, admin_client, registered):
        approved_at = registered.approved_at
        assert "Not verified. People are asked at each connection." in self.page(admin_client, registered)
        assert "Approved: Test client at app.example.com." in press(admin_client, registered, "approve")
        assert self.is_vouched(registered)
        assert "the administrator (approved)" in self.page(admin_client, registered)
        assert Client.objects.get().approved_at == approved_at

    def test_it_is_in_the_history_and_in_the_audit_log(self, admin_client, admin_user, registered):
        press(admin_client, registered, "approve")
        assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Approved."]
        event = Event.objects.get(kind=Event.Kind.ADMIN)
        assert (event.username, event.client_id) == (admin_user.username, registered.client_id)

    def test_in_bulk_after_a_page_that_shows_each(self, admin_client, registered):
        others = [make_client(), make_client(registration_source="dcr", approved_at=None)]
        page = self.opened(admin_client, [registered, *others])
        assert not self.is_vouched(registered)
        message = self.confirm(admin_client, page)
        assert "Approved: Test client at app.example.com, Test client at " in message
        assert all(self.is_vouched(client) for client in (registered, *others))
        assert not Client.objects.filter(approved_at=None).exists()

    def test_the_page_before_a_bulk_approval_names_each_client_its_origin_and_every_host(self, admin_client):
        uris = "https://app.example.com/cb https://other.example.net/cb http://localhost:8080/cb com.example.app:/cb"
        odd = "https://evil%2eexample/cb"
        client = make_client(name="<b>Engine</b>", registration_source="dcr", redirect_uris=f"{uris} {odd}")
        page = admin_client.post(
            url("client_changelist"), {"action": "approve", "_selected_action": client.pk}
        ).content.decode()
        assert "&lt;b&gt;Engine&lt;/b&gt;" in page
        assert "registered itself" in page
        for host in ("app.example.com", "other.example.net", "localhost:8080", "com.example.app:"):
            assert f"<bdi>{host}</bdi>" in page
        assert odd in page

    @pytest.mark.parametrize("field", ["redirect_uris", "name", "client_uri"])
    def test_what_changed_since_a_bulk_approval_was_shown_is_shown_again(self, admin_client, registered, field):
        other = make_client(registration_source="dcr", approved_at=None)
        page = self.opened(admin_client, [registered, other])
        Client.objects.filter(pk=other.pk).update(**{field: "https://evil.example/cb"})
        again = self.confirm(admin_client, page)
        assert "have changed since this page was opened" in again
        # The page shows no client_uri.
        assert ("https://evil.example/cb" in again) is (field != "client_uri")
        assert not self.is_vouched(registered)
        assert not self.is_vouched(other)
        assert "Approved: " in self.confirm(admin_client, again)

    def test_what_changed_since_the_list_was_opened_is_shown_before_it_is_approved(self, admin_client, registered):
        admin_client.get(url("client_changelist"))
        Client.objects.update(redirect_uris="https://evil.example/cb")
        assert "evil.example" in self.opened(admin_client, [registered])
        assert not self.is_vouched(registered)

    @pytest.mark.parametrize("data", [{}, {"seen": ""}, {"shown": ""}, {"shown": "0" * 64}])
    def test_no_approval_without_what_was_shown(self, admin_client, registered, data):
        admin_client.post(url("client_act", registered.pk, "approve"), data)
        selected = {"action": "approve", "_selected_action": registered.pk, "post": "yes", "confirm": "Approve"}
        admin_client.post(url("client_changelist"), {**selected, **data})
        assert not self.is_vouched(registered)

    def test_no_more_clients_are_approved_at_once_than_a_page_shows(self, admin_client):
        clients = [make_client(registration_source="dcr") for _ in range(approval_page.MOST_AT_ONCE + 1)]
        assert "Approve at most" in self.opened(admin_client, clients)
        data = {"action": "approve", "_selected_action": clients[0].pk, "select_across": "1"}
        data["shown"] = approval_page.digest(clients)
        admin_client.post(url("client_changelist"), data)
        assert not Client.objects.exclude(vouched_fingerprint="").exists()

    def test_the_approval_is_withdrawn_again(self, admin_client, registered):
        press(admin_client, registered, "approve")
        assert "/act/withdraw_approval/" in self.page(admin_client, registered)
        assert "Approval withdrawn: Test client at app.example.com." in press(
            admin_client, registered, "withdraw_approval"
        )
        assert not self.is_vouched(registered)
        assert Client.objects.get().approved_at is not None
        assert "/act/withdraw_approval/" not in self.page(admin_client, registered)

    def test_one_that_changed_is_said_to_have_changed(self, admin_client, registered):
        press(admin_client, registered, "approve")
        Client.objects.update(name="Another name")
        assert not self.is_vouched(registered)
        assert "It has changed since it was approved." in self.page(admin_client, registered)
        assert "/act/approve/" in self.page(admin_client, registered)

    def test_one_is_approved_after_a_page_that_shows_it_too(self, admin_client, registered):
        page = text_of(admin_client.post(url("client_act", registered.pk, "approve")))
        assert "Approve Test client at app.example.com?" in page
        assert not self.is_vouched(registered)

    def test_what_changed_since_the_page_of_one_was_opened_is_shown_again(self, admin_client, registered):
        """The client could change itself after the operator opened the page."""
        address = url("client_act", registered.pk, "approve")
        shown = admin_client.post(address).context["shown"]
        Client.objects.update(redirect_uris="https://app.example.com/cb https://attacker.test/cb")
        page = text_of(admin_client.post(address, {"shown": shown}))
        assert "have changed since this page was opened" in page
        assert "attacker.test" in page
        assert not self.is_vouched(registered)

    def test_the_page_warns_of_names_that_are_known_at_another_host(self, admin_client, claude):
        other = make_client(registration_source="dcr", redirect_uris="https://app.example.com/cb")
        phishing = make_client(name="Claude", registration_source="dcr", redirect_uris="https://claude.evil.test/cb")
        page = self.opened(admin_client, [other, phishing])
        assert "1 of these 2 clients could be taken for other apps that are known here." in page
        assert "Another app named Claude, at" in page
        one = text_of(admin_client.post(url("client_act", phishing.pk, "approve")))
        assert "This client could be taken for another app that is known here." in one
        assert "Approve in spite of the warning" in one
        assert "in spite of" not in text_of(admin_client.post(url("client_act", other.pk, "approve")))

    def test_the_warning_stays_for_the_operator_after_the_approval(self, admin_client, claude):
        phishing = make_client(name="Claude", registration_source="dcr", redirect_uris="https://claude.evil.test/cb")
        assert "Approved: Claude at claude.evil.test." in press(admin_client, phishing, "approve")
        for page in (self.page(admin_client, phishing), text_of(admin_client.get(url("client_changelist")))):
            assert "You approved this one." in page
            assert "is known here." in page

    def test_a_suspended_one_cannot_be_approved(self, admin_client, registered):
        Client.objects.update(suspended_at=registered.created)
        assert "/act/approve/" not in self.page(admin_client, registered)
        assert "Nothing to approve" in press(admin_client, registered, "approve")
        assert not self.is_vouched(registered)

    def test_a_client_made_by_hand_needs_no_approval(self, admin_client):
        page = self.page(admin_client, make_client())
        assert "the administrator (added by hand)" in page
        assert "/act/approve/" not in page

    def test_to_see_is_not_to_approve(self, registered):
        browser = staff_with("view_client")
        for action in ("approve", "withdraw_approval"):
            assert browser.post(url("client_act", registered.pk, action)).status_code == 403
        assert not self.is_vouched(registered)

    def opened(self, browser: Browser, clients: list[Client]) -> str:
        """Return the text of the page after the action was chosen for the selected `clients`."""
        selected = {"action": "approve", "_selected_action": [client.pk for client in clients]}
        return text_of(browser.post(url("client_changelist"), selected, follow=True))

    def page(self, browser: Browser, client: Client) -> str:
        return text_of(browser.get(url("client_change", client.pk)))

    def confirm(self, browser: Browser, page: str) -> str:
        """Send the form of a confirmation `page`, and return the text of the page that follows."""
        data = {
            "action": "approve",
            "_selected_action": re.findall(r'name="_selected_action" value="(\d+)"', page),
            "shown": page.partition('name="shown" value="')[2][:64],
        }
        return text_of(browser.post(url("client_changelist"), data, follow=True))
