"""The page *Support*: from a name to the state, the connections, the failures and the actions."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.admin.support import records
from accounts.models import Client, Event, User
from tests.support.admin.pages import confirmed, text_of, url
from tests.support.admin.staff import staff_with
from tests.support.admin.state import Rows, state
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:oauth_mcp_user_support")


@pytest.fixture
def ada() -> User:
    return make_user("ada", email="ada@example.com", first_name="Augusta")


@pytest.fixture
def claude() -> Client:
    # Its ID is not a random one, which may hold what is looked for.
    return make_client(name="Claude", client_id="the-claude", redirect_uris="https://claude.ai/api/callback")


@pytest.fixture
def connected(ada: User, claude: Client) -> None:
    make_tokens(make_authorization(ada, claude))


def fail(person: User, client: Client, **fields: str) -> Event:
    given = {"kind": "mcp", "outcome": "refused", "reason": "insufficient_scope", "action": "tools/call lend", **fields}
    return Event.objects.create(
        user_id=person.pk, username=person.username, client_id=client.client_id, client_name=client.name, **given
    )


@pytest.mark.parametrize("term", ["ada", "ADA", "ada@example", "augusta"])
def test_only_person_that_is_found_is_shown_at_once(admin_client, ada, claude, term):
    assert admin_client.get(PAGE, {"q": term})["Location"] == f"{PAGE}?person={ada.pk}"


@pytest.mark.parametrize("term", ["claude", "claude.ai"])
def test_only_app_that_is_found_is_shown_at_once(admin_client, ada, claude, term):
    assert admin_client.get(PAGE, {"q": term})["Location"] == f"{PAGE}?app={claude.pk}"


def test_several_that_are_found_are_listed(admin_client, ada, claude):
    make_client(name="Adapter")
    page = text_of(admin_client.get(PAGE, {"q": "ada"}))
    assert f"?person={ada.pk}" in page
    assert "Adapter" in page
    assert "Claude" not in page


@pytest.mark.parametrize("term", ["nobody", "\x00", "%", "<b>", "x" * 1000])
def test_term_that_matches_nothing_is_no_error(admin_client, ada, term):
    response = admin_client.get(PAGE, {"q": term})
    assert response.status_code == 200
    assert "<b>” " not in response.text


@pytest.mark.parametrize("address", ["person=0", "person=x", "app=999", "app=", f"person={'9' * 30}"])
def test_record_of_nobody_is_not_found(admin_client, address):
    assert admin_client.get(f"{PAGE}?{address}").status_code == 404


def test_record_of_a_person_has_state_apps_failures_attempts_and_actions(admin_client, ada, claude, connected):
    fail(ada, claude)
    fail(ada, claude, kind="authorization", action="requested", reason="invalid_target")
    fail(ada, claude, kind="authorization", action="", reason="access_denied")
    page = admin_client.get(PAGE, {"person": ada.pk})
    [(shown, buttons)] = page.context["connections"]
    assert (shown.app.client, shown.state, shown.tokens) == (claude, "live", 1)
    assert [button["label"] for button in buttons] == ["Revoke access…"]
    assert [each.event.reason for each in page.context["failures"]] == ["invalid_target", "insufficient_scope"]
    assert [attempt.last.event.reason for attempt in page.context["attempts"]] == ["access_denied"]
    labels = [action["label"] for action in page.context["actions"]]
    assert labels == ["Send a link for a new password…", "End all access…"]


def test_attempt_that_stopped_is_among_the_last_failures(admin_client, ada, claude):
    given = {"client_id": claude.client_id, "user_id": ada.pk, "outcome": "ok", "kind": "authorization"}
    at = timezone.now() - timedelta(hours=1)
    Event.objects.create(**given, action="approved", at=at)
    page = admin_client.get(PAGE, {"app": claude.pk})
    [failure] = page.context["failures"]
    assert failure.name == "stopped at consent"
    assert failure.explanation.rule == "The person approved, but the client did not request its token."
    assert "None among the latest events." not in page.text


def test_attempt_that_was_refused_is_listed_once(admin_client, ada, claude):
    fail(ada, claude, kind="authorization", action="requested", reason="invalid_target")
    page = admin_client.get(PAGE, {"person": ada.pk})
    assert [failure.state for failure in page.context["failures"]] == ["refused"]


def test_record_of_an_app_has_its_people(admin_client, ada, claude, connected):
    page = admin_client.get(PAGE, {"app": claude.pk})
    assert [shown.consent.user for shown, _ in page.context["connections"]] == [ada]
    assert "Stop this app…" in [action["label"] for action in page.context["actions"]]
    assert f"?person={ada.pk}" in page.text


def test_connection_of_a_stopped_app_or_person_is_not_live(admin_client, ada, claude, connected):
    Client.objects.update(suspended_at=timezone.now())
    [(shown, _)] = admin_client.get(PAGE, {"person": ada.pk}).context["connections"]
    assert (shown.state, shown.tokens) == ("suspended", 0)


def test_action_is_taken_from_the_page(admin_client, ada, claude, connected):
    page = admin_client.get(PAGE, {"person": ada.pk})
    [address] = [action["url"] for action in page.context["actions"] if action["label"] == "End all access…"]
    confirmed(admin_client, address, what="suspend")
    assert not User.objects.get(pk=ada.pk).is_active
    page = admin_client.get(PAGE, {"person": ada.pk})
    assert [shown.state for shown, _ in page.context["connections"]] == ["ended"]
    assert "Reactivate…" in [action["label"] for action in page.context["actions"]]


def test_page_takes_the_permission_to_view_people_or_clients(ada, claude):
    assert staff_with("view_event").get(PAGE).status_code == 403
    assert staff_with("view_user").get(PAGE).status_code == 200
    assert staff_with("view_client").get(PAGE, {"person": ada.pk}).status_code == 404
    assert staff_with("view_user").get(PAGE, {"app": claude.pk}).status_code == 404
    assert Browser().get(PAGE).status_code == 302


def test_each_part_is_shown_to_those_who_may_view_it(ada, claude, connected):
    fail(ada, claude)
    page = staff_with("view_user").get(PAGE, {"person": ada.pk})
    assert [part for part in ("connections", "failures", "attempts") if part in page.context] == []
    assert page.context["actions"] == []
    assert "insufficient_scope" not in page.text
    assert "Claude" not in page.text
    page = staff_with("view_user", "view_consent").get(PAGE, {"person": ada.pk})
    assert "Claude" in page.text
    assert f"?app={claude.pk}" not in page.text
    assert staff_with("view_user", "view_event").get(PAGE, {"person": ada.pk}).context["failures"]
    # A search tells nothing about what its reader may not view.
    text = staff_with("view_user").get(PAGE, {"q": "Claude"}).text.partition("<footer")[0]
    assert "Claude" not in text.replace("“Claude”", "").replace('value="Claude"', "")


def test_reading_changes_nothing(admin_client):
    rows = Rows()
    before = state()
    for address in (f"?person={rows.person.pk}", f"?app={rows.client.pk}", "?q=a"):
        assert admin_client.get(f"{PAGE}{address}").status_code == 200
    assert state() == before


def test_number_of_queries_does_not_grow_with_the_connections(admin_client, claude, monkeypatch):
    monkeypatch.setattr(records, "MOST_CONNECTIONS", 3)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(PAGE, {"app": claude.pk}).status_code == 200
        return len(captured)

    for _ in range(3):
        make_authorization(make_user(), claude)
    few = queries()
    for _ in range(20):
        make_authorization(make_user(), claude)
    assert queries() == few
    assert "Only the newest are shown." in admin_client.get(PAGE, {"app": claude.pk}).text


def test_front_page_leads_there(admin_client):
    assert PAGE in admin_client.get(url("user_changelist").replace("oauth_mcp/user/", "")).text
