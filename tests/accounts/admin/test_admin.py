"""The operator's pages: what they show, what they end, and what they never give away."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.admin.clients import approval_page
from accounts.audit import events
from accounts.clients import vouching
from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken, User
from tests.accounts.conftest import staff_with
from tests.support.factories import make_authorization, make_client, make_event, make_grant, make_tokens, make_user

pytestmark = pytest.mark.django_db

MODELS = ("user", "client", "consent", "authorization", "grant", "accesstoken", "refreshtoken", "event")
FORM = {
    "name": "My Test App",
    "redirect_uris": "http://localhost:8080/callback\r\nhttps://app.example.com/callback",
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": ["read", "write"],
    "client_uri": "https://app.example.com/",
}


def url(view: str, *args: object) -> str:
    return reverse(f"admin:accounts_{view}", args=args)


def press(browser: Browser, row: Model, action: str) -> str:
    """Press the button `action` on the page of `row`; the text of the page that follows."""
    name = row._meta.model_name
    # Buttons send what the page showed.
    seen = {"seen": Client.objects.get(pk=row.pk).fingerprint} if action == "approve" else {}
    response = browser.post(url(f"{name}_act", row.pk, action), seen, follow=True)
    assert response.status_code == 200
    return text_of(response)


def select(browser: Browser, model: str, rows: list, action: str) -> str:
    """Run `action` on the selected `rows` of the list of `model`; the text of the page that follows."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return text_of(browser.post(url(f"{model}_changelist"), data, follow=True))


def text_of(response) -> str:
    return unescape(response.content.decode())


def secret_in(page: str) -> str | None:
    found = re.search(r"<code>(\w{64})</code>", page)
    return found and found[1]


def is_live(authorization: Authorization) -> bool:
    authorization.refresh_from_db()
    return authorization.is_live


@pytest.fixture
def admin_user() -> User:
    """The person of `admin_client`; without a password, whose hashing would take longest of all here."""
    return make_user("operator", is_staff=True, is_superuser=True)


@pytest.fixture
def authorization() -> Authorization:
    return make_authorization(make_user("ada", first_name="Ada"), make_client(name="Analytical Engine"))


class TestMakingClients:
    def test_a_client_made_by_hand_shows_its_secret_once(self, admin_client):
        page = text_of(admin_client.post(url("client_add"), FORM, follow=True))

        client = Client.objects.get()
        secret = secret_in(page)
        assert secret is not None
        assert client.client_id in page
        assert check_password(secret, client.client_secret)
        assert client.client_secret.startswith("random_secret_sha256$")
        assert secret not in text_of(admin_client.get(url("client_change", client.pk)))
        assert secret not in "".join(session.session_data for session in Session.objects.all())

    def test_what_was_typed_is_stored(self, admin_client):
        admin_client.post(url("client_add"), FORM)

        client = Client.objects.get()
        assert client.redirect_uris == "http://localhost:8080/callback https://app.example.com/callback"
        assert client.scope == "read write"
        assert client.client_type == Client.CLIENT_CONFIDENTIAL
        assert client.authorization_grant_type == Client.GRANT_AUTHORIZATION_CODE
        assert client.registration_source == Client.RegistrationSource.MANUAL

    def test_it_is_a_registration_in_the_trail(self, admin_client, admin_user):
        admin_client.post(url("client_add"), FORM)

        event = Event.objects.get(kind=Event.Kind.REGISTRATION)
        assert (event.client_name, event.username, event.address) == ("My Test App", admin_user.username, "127.0.0.1")

    def test_a_public_client_has_no_secret(self, admin_client):
        form = {**FORM, "token_endpoint_auth_method": "none", "redirect_uris": "com.example.app:/callback"}
        page = text_of(admin_client.post(url("client_add"), form, follow=True))

        client = Client.objects.get()
        assert secret_in(page) is None
        assert client.client_type == Client.CLIENT_PUBLIC
        assert "Rotate secret" not in page

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("redirect_uris", "", "At least one redirect URI is required."),
            ("redirect_uris", "https://ok.example/cb\nhttp://evil.example/cb", "is plain http"),
            ("redirect_uris", "com.example.app:/callback", "cannot keep a secret"),
            ("name", "", "This field is required."),
            ("scope", ["everything"], "everything is not one of the available choices."),
            ("token_endpoint_auth_method", "psychic", "psychic is not one of the available choices."),
            ("token_endpoint_auth_method", "private_key_jwt", "private_key_jwt is not one of the available choices."),
        ],
    )
    def test_a_mistake_is_shown_at_its_field(self, admin_client, field, value, message):
        response = admin_client.post(url("client_add"), {**FORM, field: value})

        (error,) = response.context["adminform"].form.errors.pop(field)
        assert message in error
        assert not response.context["adminform"].form.errors
        assert not Client.objects.exists()

    def test_editing_neither_shows_nor_loses_the_secret(self, admin_client):
        client = make_client(client_secret="s3cret-value")
        stored = client.client_secret
        page = text_of(admin_client.post(url("client_change", client.pk), {**FORM, "client_id": "mine"}, follow=True))

        edited = Client.objects.get()
        assert edited.name == "My Test App"
        assert (edited.client_id, edited.client_secret) == (client.client_id, stored)
        assert secret_in(page) is None

    def test_redirect_uris_are_edited_one_per_line(self, admin_client):
        client = make_client(redirect_uris="https://one.example/cb https://two.example/cb")
        assert "https://one.example/cb\nhttps://two.example/cb" in text_of(
            admin_client.get(url("client_change", client.pk))
        )

    def test_saving_without_a_change_changes_nothing(self, admin_client):
        client = make_client(redirect_uris="https://one.example/cb https://two.example/cb")
        form = {**FORM, "name": client.name, "redirect_uris": "https://one.example/cb\r\nhttps://two.example/cb"}
        admin_client.post(url("client_change", client.pk), {**form, "client_uri": ""})
        assert LogEntry.objects.get().get_change_message() == "No fields changed."

    def test_a_public_client_that_becomes_confidential_gets_a_secret(self, admin_client):
        client = make_client(token_endpoint_auth_method="none")
        page = text_of(admin_client.post(url("client_change", client.pk), FORM, follow=True))

        client.refresh_from_db()
        assert check_password(secret_in(page), client.client_secret)

    def test_another_way_to_send_the_secret_keeps_it(self, admin_client):
        client = make_client(client_secret="s3cret-value")
        form = {**FORM, "token_endpoint_auth_method": "client_secret_post"}
        page = text_of(admin_client.post(url("client_change", client.pk), form, follow=True))

        client.refresh_from_db()
        assert secret_in(page) is None
        assert check_password("s3cret-value", client.client_secret)

    def test_a_client_that_registered_keys_goes_on_using_them(self, admin_client):
        client = make_client(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://app.example.com/keys")
        form = {**FORM, "token_endpoint_auth_method": "private_key_jwt"}
        page = text_of(admin_client.post(url("client_change", client.pk), form, follow=True))

        client.refresh_from_db()
        assert (client.name, client.token_endpoint_auth_method) == ("My Test App", "private_key_jwt")
        assert secret_in(page) is None

    def test_rotating_shows_the_new_secret_once_and_ends_the_old(self, admin_client):
        client = make_client(client_secret="s3cret-value")
        secret = secret_in(press(admin_client, client, "rotate_secret"))

        assert secret is not None
        client.refresh_from_db()
        assert check_password(secret, client.client_secret)
        assert not check_password("s3cret-value", client.client_secret)
        assert secret not in text_of(admin_client.get(url("client_change", client.pk)))

    def test_a_public_client_has_nothing_to_rotate(self, admin_client):
        client = make_client(token_endpoint_auth_method="none")
        assert "This client has no secret." in press(admin_client, client, "rotate_secret")

    def test_secrets_are_not_rotated_in_bulk(self, admin_client):
        client = make_client()
        stored = client.client_secret
        select(admin_client, "client", [client], "rotate_secret")
        client.refresh_from_db()
        assert client.client_secret == stored

    def test_what_a_metadata_document_says_is_not_edited_here(self, admin_client):
        client = make_client(registration_source=Client.RegistrationSource.CIMD, token_endpoint_auth_method="none")
        assert admin_client.post(url("client_change", client.pk), FORM).status_code == 403
        assert "Suspend" in text_of(admin_client.get(url("client_change", client.pk)))


class TestSuspendingClients:
    def test_one_by_one(self, admin_client):
        client = make_client()
        assert "1 client suspended." in press(admin_client, client, "suspend")
        client.refresh_from_db()
        assert client.suspended_at is not None

        assert "1 client reinstated." in press(admin_client, client, "reinstate")
        client.refresh_from_db()
        assert client.suspended_at is None

    def test_in_bulk(self, admin_client):
        clients = [make_client(), make_client(), make_client(suspended_at=timezone.now())]
        assert "2 clients suspended." in select(admin_client, "client", clients, "suspend")
        assert not Client.objects.filter(suspended_at=None).exists()
        assert "3 clients reinstated." in select(admin_client, "client", clients, "reinstate")
        assert not Client.objects.exclude(suspended_at=None).exists()

    def test_one_that_waits_is_approved(self, admin_client):
        client = make_client(approved_at=None)
        assert "1 client approved." in press(admin_client, client, "approve")
        client.refresh_from_db()
        assert not client.is_disabled
        assert "/act/approve/" not in text_of(admin_client.get(url("client_change", client.pk)))

    def test_only_what_would_change_something_is_offered(self, admin_client):
        client = make_client()
        page = text_of(admin_client.get(url("client_change", client.pk)))
        assert "/act/suspend/" in page
        assert "/act/reinstate/" not in page


class TestApprovingClients:
    """Approving vouches for what a client says of itself now (accounts/clients/vouching.py)."""

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
        assert "1 client approved." in press(admin_client, registered, "approve")
        assert self.is_vouched(registered)
        assert "the operator (approved)" in self.page(admin_client, registered)
        assert Client.objects.get().approved_at == approved_at

    def test_it_is_in_the_history_and_in_the_trail(self, admin_client, admin_user, registered):
        press(admin_client, registered, "approve")
        assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Approved."]
        event = Event.objects.get(kind=Event.Kind.ADMIN)
        assert (event.username, event.client_id) == (admin_user.username, registered.client_id)

    def test_in_bulk_after_a_page_that_shows_each(self, admin_client, registered):
        others = [make_client(), make_client(registration_source="dcr", approved_at=None)]
        page = select(admin_client, "client", [registered, *others], "approve")
        assert not self.is_vouched(registered)
        assert "2 clients approved." in self.confirm(admin_client, page)
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
        page = select(admin_client, "client", [registered, other], "approve")
        Client.objects.filter(pk=other.pk).update(**{field: "https://evil.example/cb"})
        again = self.confirm(admin_client, page)
        assert "have changed since this page was opened" in again
        # The page shows no client_uri.
        assert ("https://evil.example/cb" in again) is (field != "client_uri")
        assert not self.is_vouched(registered)
        assert not self.is_vouched(other)
        assert "2 clients approved." in self.confirm(admin_client, again)

    def test_what_changed_since_the_list_was_opened_is_shown_before_it_is_approved(self, admin_client, registered):
        admin_client.get(url("client_changelist"))
        Client.objects.update(redirect_uris="https://evil.example/cb")
        assert "evil.example" in select(admin_client, "client", [registered], "approve")
        assert not self.is_vouched(registered)

    @pytest.mark.parametrize("data", [{}, {"seen": ""}, {"shown": ""}, {"shown": "0" * 64}])
    def test_no_approval_without_what_was_shown(self, admin_client, registered, data):
        admin_client.post(url("client_act", registered.pk, "approve"), data)
        selected = {"action": "approve", "_selected_action": registered.pk, "post": "yes", "confirm": "Approve"}
        admin_client.post(url("client_changelist"), {**selected, **data})
        assert not self.is_vouched(registered)

    def test_no_more_clients_are_approved_at_once_than_a_page_shows(self, admin_client):
        clients = [make_client(registration_source="dcr") for _ in range(approval_page.MOST_AT_ONCE + 1)]
        assert "Approve at most" in select(admin_client, "client", clients, "approve")
        data = {"action": "approve", "_selected_action": clients[0].pk, "select_across": "1"}
        data["shown"] = approval_page.digest(clients)
        admin_client.post(url("client_changelist"), data)
        assert not Client.objects.exclude(vouched_fingerprint="").exists()

    def test_the_approval_is_withdrawn_again(self, admin_client, registered):
        press(admin_client, registered, "approve")
        assert "/act/withdraw_approval/" in self.page(admin_client, registered)
        assert "Approval of 1 client withdrawn" in press(admin_client, registered, "withdraw_approval")
        assert not self.is_vouched(registered)
        assert Client.objects.get().approved_at is not None
        assert "/act/withdraw_approval/" not in self.page(admin_client, registered)

    def test_one_that_changed_is_said_to_have_changed(self, admin_client, registered):
        press(admin_client, registered, "approve")
        Client.objects.update(name="Another name")
        assert not self.is_vouched(registered)
        assert "It has changed since it was approved." in self.page(admin_client, registered)
        assert "/act/approve/" in self.page(admin_client, registered)

    def test_what_changed_since_the_page_was_opened_is_not_approved(self, admin_client, registered):
        """The client could change itself between the operator's look and the operator's click."""
        seen = self.page(admin_client, registered).partition('name="seen" value="')[2][:64]
        assert seen == registered.fingerprint
        Client.objects.update(redirect_uris="https://app.example.com/cb https://attacker.test/cb")
        page = text_of(admin_client.post(url("client_act", registered.pk, "approve"), {"seen": seen}, follow=True))
        assert "The client has changed since this page was opened." in page
        assert not self.is_vouched(registered)

    def test_what_is_as_the_page_showed_it_is_approved(self, admin_client, registered):
        admin_client.post(url("client_act", registered.pk, "approve"), {"seen": registered.fingerprint})
        assert self.is_vouched(registered)

    def test_a_client_made_by_hand_needs_no_approval(self, admin_client):
        page = self.page(admin_client, make_client())
        assert "the operator (added by hand)" in page
        assert "/act/approve/" not in page

    def test_to_see_is_not_to_approve(self, registered):
        browser = staff_with("view_client")
        for action in ("approve", "withdraw_approval"):
            assert browser.post(url("client_act", registered.pk, action)).status_code == 403
        assert not self.is_vouched(registered)

    def page(self, browser: Browser, client: Client) -> str:
        return text_of(browser.get(url("client_change", client.pk)))

    def confirm(self, browser: Browser, page: str) -> str:
        """Send the form of a confirmation `page`; the text of the page that follows."""
        data = {
            "action": "approve",
            "_selected_action": re.findall(r'name="_selected_action" value="(\d+)"', page),
            "shown": page.partition('name="shown" value="')[2][:64],
        }
        return text_of(browser.post(url("client_changelist"), data, follow=True))


class TestRevoking:
    @pytest.fixture
    def rows(self, authorization) -> dict[str, Model]:
        access, refresh, _ = make_tokens(authorization)
        event = make_event(Event.Kind.MCP, action="tools/call", authorization_id=authorization.pk)
        consent = authorization.consent
        return {
            "authorization": authorization,
            "accesstoken": access,
            "refreshtoken": refresh,
            "grant": make_grant(authorization),
            "consent": consent,
            "client": consent.client,
            "user": consent.user,
            "event": event,
        }

    @pytest.mark.parametrize("model", MODELS)
    def test_one_by_one_from_every_page(self, admin_client, authorization, rows, model):
        other = make_authorization(make_user(), make_client())
        assert "1 authorization revoked." in press(admin_client, rows[model], "revoke_access")
        assert not is_live(authorization)
        assert is_live(other)

    @pytest.mark.parametrize("model", MODELS)
    def test_in_bulk_from_every_list(self, admin_client, authorization, rows, model):
        other = make_authorization(make_user(), make_client())
        assert "1 authorization revoked." in select(admin_client, model, [rows[model]], "revoke_access")
        assert not is_live(authorization)
        assert is_live(other)

    def test_revoking_a_token_ends_its_authorization(self, admin_client, admin_user, authorization):
        access, _, _ = make_tokens(authorization)
        press(admin_client, access, "revoke_access")

        assert not is_live(authorization)
        event = Event.objects.get(kind=Event.Kind.REVOCATION)
        assert (event.reason, event.authorization_id, event.username) == ("operator", authorization.pk, "ada")
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (admin_user, str(access.pk))

    def test_two_tokens_of_one_authorization_are_one_revocation(self, admin_client, authorization):
        tokens = [make_tokens(authorization)[0] for _ in range(2)]
        assert "1 authorization revoked." in select(admin_client, "accesstoken", tokens, "revoke_access")
        assert Event.objects.filter(kind=Event.Kind.REVOCATION).count() == 1

    def test_everything_of_a_person(self, admin_client):
        person = make_user()
        authorizations = [make_authorization(person, make_client()) for _ in range(3)]
        assert "3 authorizations revoked." in press(admin_client, person, "revoke_access")
        assert not any(is_live(authorization) for authorization in authorizations)

    def test_all_rows_of_a_filtered_list(self, admin_client):
        rows = [make_tokens(make_authorization(make_user(), make_client()))[0] for _ in range(3)]
        data = {"action": "revoke_access", "_selected_action": [rows[0].pk], "select_across": "1"}
        page = admin_client.post(url("accesstoken_changelist") + "?state=live", data, follow=True)
        assert "3 authorizations revoked." in text_of(page)

    def test_what_has_ended_is_not_revoked_again(self, admin_client, authorization):
        press(admin_client, authorization, "revoke_access")
        assert "Nothing to revoke" in press(admin_client, authorization, "revoke_access")
        assert Event.objects.filter(kind=Event.Kind.REVOCATION).count() == 1

    def test_a_link_cannot_revoke(self, admin_client, authorization):
        assert admin_client.get(url("authorization_act", authorization.pk, "revoke_access")).status_code == 405
        assert is_live(authorization)

    def test_another_site_cannot_revoke(self, admin_user, authorization):
        browser = Browser(enforce_csrf_checks=True)
        browser.force_login(admin_user)
        assert browser.post(url("authorization_act", authorization.pk, "revoke_access")).status_code == 403
        assert is_live(authorization)

    @pytest.mark.parametrize("action", ["delete_model", "log_bulk", "nothing"])
    def test_no_other_method_can_be_called(self, admin_client, authorization, action):
        assert admin_client.post(url("authorization_act", authorization.pk, action)).status_code == 404

    def test_to_see_is_not_to_revoke(self, authorization):
        browser = staff_with("view_authorization")
        page = text_of(browser.get(url("authorization_change", authorization.pk)))
        assert "Revoke access" not in page
        assert browser.post(url("authorization_act", authorization.pk, "revoke_access")).status_code == 403
        select(browser, "authorization", [authorization], "revoke_access")
        assert is_live(authorization)

    def test_the_permission_to_change_authorizations_is_enough(self, authorization):
        access, _, _ = make_tokens(authorization)
        browser = staff_with("view_accesstoken", "change_authorization")
        assert "1 authorization revoked." in press(browser, access, "revoke_access")

    def test_a_new_password_ends_everything(self, admin_client, authorization):
        data = {"password1": "a new horse battery", "password2": "a new horse battery", "set-password": "1"}
        admin_client.post(reverse("admin:auth_user_password_change", args=[authorization.consent.user.pk]), data)
        assert not is_live(authorization)


class TestStates:
    def state(self, browser: Browser, model: str) -> str:
        (row,) = browser.get(url(f"{model}_changelist")).context["cl"].result_list
        assert [row] == list(browser.get(url(f"{model}_changelist") + f"?state={row.state}").context["cl"].result_list)
        return row.state

    def states(self, browser: Browser) -> tuple[str, ...]:
        return tuple(self.state(browser, model) for model in ("authorization", "accesstoken", "refreshtoken", "grant"))

    @pytest.fixture(autouse=True)
    def issued(self, authorization):
        make_tokens(authorization)
        make_grant(authorization)

    def test_live(self, admin_client):
        assert self.states(admin_client) == ("live",) * 4
        assert self.state(admin_client, "consent") == "live"
        assert self.state(admin_client, "client") == "active"

    def test_revoked(self, admin_client):
        Authorization.objects.update(revoked_at=timezone.now())
        assert self.states(admin_client) == ("revoked",) * 4
        assert self.state(admin_client, "consent") == "ended"

    def test_suspended_with_the_client(self, admin_client):
        Client.objects.update(suspended_at=timezone.now())
        assert self.states(admin_client) == ("suspended",) * 4
        assert self.state(admin_client, "consent") == "ended"
        assert self.state(admin_client, "client") == "suspended"

    def test_suspended_until_the_client_is_approved(self, admin_client):
        Client.objects.update(approved_at=None)
        assert self.states(admin_client) == ("suspended",) * 4
        assert self.state(admin_client, "consent") == "ended"
        assert self.state(admin_client, "client") == "waiting"

    def test_suspended_with_the_person(self, admin_client):
        User.objects.filter(username="ada").update(is_active=False)
        assert self.states(admin_client) == ("suspended",) * 4

    def test_expired_with_the_authorization(self, admin_client):
        Authorization.objects.update(expires_at=timezone.now())
        assert self.states(admin_client) == ("expired",) * 4

    def test_expired_by_themselves(self, admin_client, settings):
        long_ago = timezone.now() - timedelta(days=settings.REFRESH_TOKEN_EXPIRE_DAYS)
        AccessToken.objects.update(expires=timezone.now())
        Grant.objects.update(expires=timezone.now())
        RefreshToken.objects.update(created=long_ago)
        assert self.states(admin_client) == ("live", "expired", "expired", "expired")

    def test_spent(self, admin_client):
        Grant.objects.update(redeemed_at=timezone.now())
        RefreshToken.objects.update(revoked=timezone.now())
        assert self.states(admin_client) == ("live", "live", "superseded", "redeemed")


class TestDeleting:
    @pytest.fixture
    def linked(self, authorization) -> Authorization:
        """An authorization whose tokens point at each other, after a refresh."""
        _, refresh, _ = make_tokens(authorization)
        make_tokens(authorization, source=refresh)
        make_grant(authorization)
        return authorization

    def nothing_is_left_of(self, authorization: Authorization) -> bool:
        rows = (Consent.objects.filter(pk=authorization.consent_id), Authorization.objects.filter(pk=authorization.pk))
        issued = [m.objects.filter(authorization_id=authorization.pk) for m in (AccessToken, RefreshToken, Grant)]
        return not any(found.exists() for found in (*rows, *issued))

    def test_deleting_a_person_with_tokens_leaves_the_events(self, admin_client, linked):
        person = linked.consent.user
        told = make_event(Event.Kind.MCP, user=person, client=linked.consent.client)
        admin_client.post(url("user_delete", person.pk), {"post": "yes"})

        assert not User.objects.filter(pk=person.pk).exists()
        assert self.nothing_is_left_of(linked)
        assert Client.objects.filter(pk=linked.consent.client_id).exists()
        told.refresh_from_db()
        assert (told.user_id, told.username) == (person.pk, "ada")

    def test_deleting_a_client_with_tokens_leaves_the_events(self, admin_client, linked):
        client = linked.consent.client
        told = make_event(Event.Kind.MCP, client=client)
        admin_client.post(url("client_delete", client.pk), {"post": "yes"})

        assert not Client.objects.exists()
        assert self.nothing_is_left_of(linked)
        assert User.objects.filter(username="ada").exists()
        told.refresh_from_db()
        assert told.client_name == "Analytical Engine"

    def test_the_trail_says_what_ended(self, admin_client, linked):
        admin_client.post(url("client_delete", linked.consent.client_id), {"post": "yes"})
        event = Event.objects.get(kind=Event.Kind.REVOCATION)
        assert (event.authorization_id, event.client_name) == (linked.pk, "Analytical Engine")

    @pytest.mark.parametrize("model", ["user", "client"])
    def test_in_bulk(self, admin_client, linked, model):
        other = make_authorization(make_user(), make_client())
        make_tokens(other)
        kept = make_authorization(make_user(), make_client())
        make_tokens(kept)
        rows = [getattr(found.consent, model) for found in (linked, other)]
        data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
        assert "Successfully deleted 2" in text_of(admin_client.post(url(f"{model}_changelist"), data, follow=True))
        assert self.nothing_is_left_of(linked)
        assert self.nothing_is_left_of(other)
        assert is_live(kept)
        assert AccessToken.objects.count() == 1

    def test_a_client_outlives_the_person_who_registered_it(self, admin_client, authorization):
        owner = make_user()
        Client.objects.update(user=owner)
        admin_client.post(url("user_delete", owner.pk), {"post": "yes"})
        assert not User.objects.filter(pk=owner.pk).exists()
        assert is_live(authorization)

    def test_the_confirmation_counts_instead_of_listing(self, admin_client, django_assert_max_num_queries):
        client = make_client(name="Popular")
        for _ in range(5):
            for _ in range(5):
                make_tokens(make_authorization(make_user(), client))
        with django_assert_max_num_queries(12):
            page = text_of(admin_client.get(url("client_delete", client.pk)))
        assert "Access tokens: 25" in page
        assert "Authorizations: 25" in page
        assert "Consents: 25" in page
        assert "AccessToken #" not in page

    def test_the_number_of_queries_does_not_grow_with_the_tokens(self, admin_client, django_assert_max_num_queries):
        client = make_client()
        authorization = make_authorization(make_user(), client, revoked_at=timezone.now())
        for _ in range(50):
            make_tokens(authorization)
        with django_assert_max_num_queries(80):
            admin_client.post(url("client_delete", client.pk), {"post": "yes"})
        assert not AccessToken.objects.exists()

    def test_the_confirmation_of_many_names_only_some(self, admin_client):
        rows = [make_client(name=f"Client number {number}") for number in range(30)]
        page = select(admin_client, "client", rows, "delete_selected")
        assert "… and 10 more" in page
        assert page.count("Client: Client number") == 20

    def test_the_permission_to_delete_clients_is_enough(self, linked):
        browser = staff_with("view_client", "delete_client")
        browser.post(url("client_delete", linked.consent.client_id), {"post": "yes"})
        assert not Client.objects.exists()

    def test_without_it_nothing_is_deleted(self, linked):
        browser = staff_with("view_client", "change_client")
        assert browser.post(url("client_delete", linked.consent.client_id), {"post": "yes"}).status_code == 403
        assert Client.objects.exists()


class TestWhatIsShown:
    @pytest.fixture
    def rows(self, authorization) -> dict[str, Model]:
        Client.objects.update(client_secret="", registration_token_checksum="registration-token-checksum")
        client = authorization.consent.client
        client.client_secret = "s3cret-value"
        client.registration_token_checksum = "registration-token-checksum"
        client.save()
        access, refresh, _ = make_tokens(authorization)
        grant = make_grant(authorization)
        event = make_event(Event.Kind.TOKEN, user=authorization.consent.user, client=client, token_id=access.pk)
        return {
            "authorization": authorization,
            "accesstoken": access,
            "refreshtoken": refresh,
            "grant": grant,
            "consent": authorization.consent,
            "client": client,
            "user": authorization.consent.user,
            "event": event,
        }

    def test_no_secret_is_ever_shown(self, admin_client, rows):
        person = rows["user"]
        person.set_password("correct horse battery")
        person.save()
        secrets = [
            rows["client"].client_secret,
            rows["client"].client_secret.rsplit("$")[-1],
            rows["client"].registration_token_checksum,
            rows["accesstoken"].token_checksum,
            rows["refreshtoken"].token_checksum,
            rows["grant"].code,
            rows["grant"].code_challenge,
            person.password,
            person.password.rsplit("$")[-1],
        ]
        assert all(secrets)
        for model, row in rows.items():
            for view in ("changelist", "change", "history", "delete"):
                page = admin_client.get(url(f"{model}_{view}", *([] if view == "changelist" else [row.pk])))
                assert not [secret for secret in secrets if secret in page.content.decode()], f"{model}_{view}"

    def test_no_form_has_a_field_for_the_secret(self, admin_client, rows):
        for page in (url("client_add"), url("client_change", rows["client"].pk)):
            assert "client_secret" not in admin_client.get(page).context["adminform"].form.fields
            assert 'name="client_secret"' not in text_of(admin_client.get(page))

    @pytest.mark.parametrize("model", ["authorization", "accesstoken", "refreshtoken", "grant", "event", "consent"])
    def test_what_the_server_wrote_is_read_only(self, admin_client, rows, model):
        row = rows[model]
        assert admin_client.get(url(f"{model}_add")).status_code == 403
        assert admin_client.post(url(f"{model}_change", row.pk), {"scope": "write"}).status_code == 403
        assert admin_client.post(url(f"{model}_delete", row.pk), {"post": "yes"}).status_code == 403
        assert 'name="_save"' not in text_of(admin_client.get(url(f"{model}_change", row.pk)))
        select(admin_client, model, [row], "delete_selected")
        assert type(row).objects.filter(pk=row.pk).exists()

    @pytest.mark.parametrize("model", MODELS)
    def test_lists_do_not_cost_a_query_per_row(self, admin_client, rows, model, django_assert_max_num_queries):
        for _ in range(10):
            authorization = make_authorization(make_user(), make_client())
            make_tokens(authorization)
            make_grant(authorization)
            events.record(Event.Kind.MCP, user=authorization.consent.user, client=authorization.consent.client)
        admin_client.get(url(f"{model}_changelist"))  # content types are cached from here on
        with django_assert_max_num_queries(6):
            page = admin_client.get(url(f"{model}_changelist"))
        assert len(page.context["cl"].result_list) > 10

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("term", ["ada", "Analytical", "no-such-thing", "1", "\x00"])
    def test_lists_are_searched(self, admin_client, rows, model, term):
        page = admin_client.get(url(f"{model}_changelist"), {"q": term})
        assert page.status_code == 200
        if term in ("ada", "Analytical"):
            found = {"user": term == "ada", "client": term == "Analytical"}
            assert len(page.context["cl"].result_list) == found.get(model, 1)
        if term == "no-such-thing":
            assert not page.context["cl"].result_list

    @pytest.mark.parametrize("model", ["authorization", "consent", "grant", "accesstoken", "refreshtoken", "event"])
    def test_the_rows_of_one_person_or_client(self, admin_client, rows, model):
        other = make_authorization(make_user(), make_client())
        make_tokens(other)
        make_grant(other)
        events.record(Event.Kind.TOKEN, user=other.consent.user, client=other.consent.client)
        for query in ({"person": rows["user"].pk}, {"client": rows["client"].client_id}):
            page = admin_client.get(url(f"{model}_changelist"), query)
            assert list(page.context["cl"].result_list) == [rows[model]]
        for nobody in ({"person": "x"}, {"person": 10**30}, {"person": 4711}, {"client": "\x00"}, {"client": "nobody"}):
            page = admin_client.get(url(f"{model}_changelist"), nobody)
            assert not page.context["cl"].result_list

    def test_a_person_and_a_client_link_to_what_hangs_on_them(self, admin_client, rows):
        make_authorization(rows["user"], rows["client"], revoked_at=timezone.now())
        for model in ("user", "client"):
            page = text_of(admin_client.get(url(f"{model}_change", rows[model].pk)))
            assert "1 live, 2 in all" in page

    def test_id_tokens_are_not_on_the_index(self, admin_client):
        page = text_of(admin_client.get(reverse("admin:index")))
        assert "Access tokens" in page
        assert "ID token" not in page

    def test_the_site_bears_the_name_of_the_server(self, admin_client, settings):
        assert settings.SERVER_NAME in text_of(admin_client.get(reverse("admin:index")))


class TestPeople:
    def test_a_person_is_added_with_a_password(self, admin_client):
        data = {"username": "grace", "password1": "a tall ship and a star", "password2": "a tall ship and a star"}
        admin_client.post(url("user_add"), {**data, "usable_password": "true"})
        assert User.objects.get(username="grace").check_password("a tall ship and a star")

    def test_a_suspended_person_loses_access(self, admin_client, authorization):
        person = authorization.consent.user
        admin_client.post(url("user_change", person.pk), {"username": "ada"})
        person.refresh_from_db()
        assert not person.is_active
        assert not is_live(authorization)
