"""*Stop this app*: one page that names the app, counts what ends, and offers each way to stop it."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Authorization, Client
from tests.support.admin.pages import confirmed, is_live, press, select, text_of, url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def claude() -> Client:
    return make_client(name="Claude", redirect_uris="https://claude.ai/api/callback")


@pytest.fixture
def connected(claude: Client) -> Authorization:
    authorization = make_authorization(make_user("ada"), claude)
    make_tokens(authorization)
    return authorization


def is_suspended(client: Client) -> bool:
    client.refresh_from_db()
    return client.suspended_at is not None


def ask(browser: Browser, client: Client) -> str:
    return text_of(browser.post(url("client_act", client.pk, "stop")))


def test_page_names_the_app_and_its_people_and_changes_nothing(admin_client, claude, connected):
    page = ask(admin_client, claude)
    assert "Stop Claude at claude.ai?" in page
    assert "1 person, 2 tokens" in page
    assert "<bdi>ada</bdi>" in page
    assert not is_suspended(claude)
    assert is_live(connected)


def test_suspension_can_be_undone(admin_client, claude, connected):
    page = press(admin_client, claude, "stop", what="suspend")
    assert "Stopped: Claude at claude.ai (1 person, 2 tokens). To undo the suspension, choose Reinstate" in page
    assert is_suspended(claude)
    assert "Reinstated: Claude at claude.ai (1 person, 2 tokens)." in press(admin_client, claude, "reinstate")
    assert not is_suspended(claude)
    assert is_live(connected)


def test_suspension_with_revocation_ends_the_tokens_for_good(admin_client, claude, connected):
    press(admin_client, claude, "stop", what="suspend_and_revoke")
    assert is_suspended(claude)
    assert not is_live(connected)


def test_page_of_a_stopped_app_counts_nothing_as_live(admin_client, claude, connected):
    assert "1 live, 1 in all" in text_of(admin_client.get(url("client_change", claude.pk)))
    press(admin_client, claude, "stop", what="suspend")
    page = text_of(admin_client.get(url("client_change", claude.pk)))
    assert "0 live, 1 in all" in page
    assert 'state=live">0</a>' in page.replace("&amp;", "&")


def test_page_of_a_person_counts_no_access_of_a_stopped_app(admin_client, claude, connected):
    press(admin_client, claude, "stop", what="suspend")
    assert "0 live, 1 in all" in text_of(admin_client.get(url("user_change", connected.consent.user.pk)))


def test_selected_apps_are_all_named(admin_client, claude, connected):
    other = make_client(name="Cursor")
    data = {"action": "stop", "_selected_action": [claude.pk, other.pk]}
    page = text_of(admin_client.post(url("client_changelist"), data))
    assert "Stop 2 apps?" in page
    assert "<b>claude.ai</b>" in page
    assert "Cursor" in page
    assert not is_suspended(claude)
    assert "Stopped: Claude at claude.ai (1 person" in select(admin_client, "client", [claude, other], "stop")
    assert is_suspended(claude)
    assert is_suspended(other)


def test_confirmation_of_other_apps_than_shown_is_asked_again(admin_client, claude):
    other = make_client(name="Cursor")
    data = {"action": "stop", "_selected_action": [claude.pk]}
    shown = admin_client.post(url("client_changelist"), data).context["shown"]
    forged = {"action": "stop", "_selected_action": [claude.pk, other.pk], "shown": shown, "what": "suspend"}
    assert "have changed since this page was opened" in text_of(admin_client.post(url("client_changelist"), forged))
    assert not is_suspended(claude)
    assert not is_suspended(other)


@pytest.mark.parametrize("what", ["", "delete", "suspend_and_revoke"])
def test_way_that_the_page_does_not_offer_is_refused(claude, connected, what):
    browser = staff_with("view_client", "change_client")
    shown = browser.post(url("client_act", claude.pk, "stop")).context["shown"]
    page = text_of(browser.post(url("client_act", claude.pk, "stop"), {"shown": shown, "what": what}))
    assert "Choose what should happen" in page
    assert not is_suspended(claude)
    assert is_live(connected)


def test_stopped_app_with_live_authorizations_can_still_be_revoked(admin_client, claude, connected):
    press(admin_client, claude, "stop", what="suspend")
    assert "Access revoked: " in press(admin_client, claude, "stop", what="revoke")
    assert not is_live(connected)
    assert "/act/stop/" not in text_of(admin_client.get(url("client_change", claude.pk)))


def test_time_of_an_earlier_suspension_is_kept(admin_client):
    before = timezone.now() - timedelta(days=1)
    client = make_client(suspended_at=before)
    make_authorization(make_user(), client)
    press(admin_client, client, "stop", what="suspend")
    client.refresh_from_db()
    assert client.suspended_at == before


def test_name_of_an_app_is_escaped(admin_client):
    client = make_client(name="<b>Bold</b>")
    assert "<b>Bold</b> at" not in admin_client.post(url("client_act", client.pk, "stop")).text
    stopped = confirmed(admin_client, url("client_act", client.pk, "stop"))
    assert "<b>Bold</b> at" not in stopped.text
    assert "&lt;b&gt;Bold&lt;/b&gt; at" in stopped.text


def test_all_rows_of_a_list_are_stopped_after_one_confirmation(admin_client, claude):
    others = [make_client() for _ in range(2)]
    data = {"action": "stop", "_selected_action": [others[0].pk], "select_across": "1"}
    page = text_of(confirmed(admin_client, url("client_changelist") + "?q=Test", data))
    assert "Stopped: " in page
    assert all(map(is_suspended, others))
    assert not is_suspended(claude)
