"""Each action on a row asks first: the page says what follows, and only its answer runs the action."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client as Browser

from accounts.admin_base.confirmation import digest_of_action
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.models import Client
from tests.support.admin.pages import admin_url, confirmed, press, select, text_of, url
from tests.support.admin.state import Rows, state
from tests.support.factories import make_client, make_user
from tests.support.oauth.protected_resources import make_resource

pytestmark = pytest.mark.django_db


def actions() -> list[tuple[Any, str]]:
    """Return each action with a button on the page of a row, with its admin."""
    with_buttons = (each for each in admin.site._registry.values() if isinstance(each, ObjectActionsMixin))
    return [(model_admin, action) for model_admin in with_buttons for action in model_admin.object_actions]


def test_every_button_leads_to_a_page_that_asks() -> None:
    assert len(actions()) > 15
    for model_admin, action in actions():
        assert getattr(model_admin, action).short_description.endswith("…"), (model_admin, action)


def test_actions_change_nothing_before_they_are_confirmed(admin_client: Browser) -> None:
    rows = Rows()
    given = {"client": rows.client, "user": rows.person, "protectedresource": make_resource().row}
    before = state()
    for model, row in given.items():
        model_admin: Any = admin.site.get_model_admin(type(row))
        for action in model_admin.object_actions:
            page = admin_client.post(url(f"{model}_act", row.pk, action))
            if model_admin.is_applicable(action, model_admin.get_queryset(page.wsgi_request).get(pk=row.pk)):
                assert "shown" in page.context, action
                assert re.search(r'type="submit"|name="what"', page.text), action
    assert state() == before


@pytest.mark.parametrize(
    ("action", "consequence"),
    [
        ("rotate_secret", "The former one is accepted for another day"),
        ("replace_secret", "The former one is refused from now on"),
        ("reinstate", "It can connect again"),
    ],
)
def test_page_states_the_consequence_and_names_the_row(admin_client: Browser, action: str, consequence: str) -> None:
    client = make_client(name="<i>Robot</i>", suspended_at="2026-01-01T00:00Z")
    page = admin_client.post(url("client_act", client.pk, action))
    assert consequence in text_of(page)
    assert "&lt;i&gt;Robot" in page.text
    assert "<i>Robot" not in page.text
    assert url("client_change", client.pk) in page.text


def test_confirmation_of_one_action_or_row_does_not_confirm_another(admin_client: Browser) -> None:
    client, other = make_client(suspended_at="2026-01-01T00:00Z"), make_client()
    for name, pk in (("rotate_secret", client.pk), ("reinstate", other.pk)):
        page = admin_client.post(url("client_act", client.pk, "reinstate"), {"shown": digest_of_action(name, [pk])})
        assert "have changed since this page was opened" in page.text
    client.refresh_from_db()
    assert client.suspended_at is not None
    press(admin_client, client, "reinstate")
    client.refresh_from_db()
    assert client.suspended_at is None


def test_rows_that_were_added_to_a_selection_are_shown_first(admin_client: Browser) -> None:
    clients = [make_client(name=f"Number {number}", suspended_at="2026-01-01T00:00Z") for number in range(30)]
    data = {"action": "reinstate", "_selected_action": [client.pk for client in clients[:25]]}
    page = admin_client.post(url("client_changelist"), data)
    assert "Reinstate 25 clients?" in page.text
    assert "and 5 more" in page.text
    more = {**data, "_selected_action": [client.pk for client in clients], "shown": page.context["shown"]}
    assert "have changed since this page was opened" in admin_client.post(url("client_changelist"), more).text
    assert Client.objects.filter(suspended_at=None).count() == 0
    assert "Reinstated: " in select(admin_client, "client", clients, "reinstate")
    assert Client.objects.filter(suspended_at=None).count() == 30


def test_person_without_rights_over_another_is_refused_before_the_question(admin_client: Browser) -> None:
    inactive = make_user("ada", is_active=False)
    assert admin_client.post(url("user_act", inactive.pk, "reset_password")).status_code == 403
    assert confirmed(admin_client, url("user_act", inactive.pk, "reactivate")).status_code == 200
    inactive.refresh_from_db()
    assert inactive.is_active


class TestAtMostThreeClicks:
    """From the search on admin's front page; each click is one request."""

    def find(self, browser: Browser, term: str) -> Any:
        index = browser.get(admin_url("index"))
        assert f'action="{url("user_support")}"' in index.text
        return browser.get(url("user_support"), {"q": term}, follow=True)

    def test_suspend_and_revoke_all_access_of_an_app(self, admin_client: Browser) -> None:
        client = make_client(name="Nosy", redirect_uris="https://nosy.example/cb")
        [stop] = [each for each in self.find(admin_client, "nosy").context["actions"] if "Stop" in each["label"]]
        page = admin_client.post(stop["url"])
        assert (
            '<button class="button" name="what" value="suspend_and_revoke">Suspend, and revoke all access' in page.text
        )
        admin_client.post(stop["url"], {"shown": page.context["shown"], "what": "suspend_and_revoke"})
        client.refresh_from_db()
        assert client.suspended_at is not None

    def test_export_the_events_of_a_person(self, admin_client: Browser) -> None:
        make_user("ada", first_name="Augusta", last_name="King")
        [link] = self.find(admin_client, "augusta king").context["links"]
        assert link["label"] == "Export their events"
        exported = admin_client.get(link["url"])
        assert exported["Content-Type"].startswith("text/csv")
