"""Each person's own page: what they let in, what it did, why something could not connect, and how to end it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.connected_apps import apps_of
from accounts.models import Authorization, Client, Event, User
from tests.factories import make_authorization, make_client, make_user
from tests.flows import App, approve, ask, sign_in

pytestmark = pytest.mark.django_db

PAGE = "/apps"


@pytest.fixture
def claude(person: User) -> Client:
    client = make_client(name="Claude <b>Code</b>")
    make_authorization(person, client, scope="read write offline_access")
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200, response
    return str(response.content.decode())


def live(person: User) -> int:
    return Authorization.objects.live().filter(consent__user=person).count()


def test_what_is_connected_is_shown_with_what_it_may_do(browser: Browser, claude: Client) -> None:
    page = text_of(browser.get(PAGE))
    assert "Claude &lt;b&gt;Code" in page
    assert "<code>read</code>" in page
    assert "<code>write</code>" in page
    assert "offline_access" not in page
    assert "Get user info" in page
    assert "never used" in page
    assert "until you disconnect it" in page


def test_where_access_went_is_told(browser: Browser) -> None:
    uris = ["https://app.example.com/cb", "https://other.example.com/cb", "http://localhost/cb", "http://127.0.0.1/cb"]
    app = App.register(redirect_uris=uris)
    for uri in (uris[0], uris[2], uris[3]):
        approve(browser, app, redirect_uri=uri)
    page = text_of(browser.get(PAGE))
    assert "access went to <b><bdi>app.example.com</bdi></b>, a program on this computer ·" in page
    assert "other.example.com" not in page


def test_last_use_end_and_calls_are_told(browser: Browser, person: User, claude: Client) -> None:
    Authorization.objects.update(expires_at=timezone.now() + timedelta(days=3))
    mine = {"user_id": person.pk, "client_id": claude.client_id, "client_name": claude.name, "kind": "mcp"}
    Event.objects.create(**mine, outcome="ok", action="tools/call lend_book")
    Event.objects.create(**{**mine, "user_id": person.pk + 1}, outcome="ok", action="tools/call not_mine")
    page = text_of(browser.get(PAGE))
    assert "last used" in page
    assert "until you disconnect it" not in page
    assert "lend_book" in page
    assert "not_mine" not in page


def test_one_app_is_disconnected_at_once(browser: Browser, person: User, claude: Client) -> None:
    make_authorization(person, make_client(name="Other"))
    page = text_of(browser.post(PAGE, {"client": claude.pk}, follow=True))
    assert "Disconnected." in page
    assert [app.client.name for app in apps_of(person)] == ["Other"]
    assert Event.objects.get(kind="revocation").reason == "person"


def test_all_are_disconnected_together(browser: Browser, person: User, claude: Client) -> None:
    make_authorization(person, make_client(name="Other"))
    stranger = make_user()
    make_authorization(stranger, claude)
    browser.post(PAGE, {"client": "all"})
    assert (live(person), live(stranger)) == (0, 1)


@pytest.mark.parametrize("client", ["", "x", "0", "\x00", "-1", "9" * 40, "\u0663"])
def test_what_is_no_app_of_theirs_disconnects_nothing(
    browser: Browser, person: User, claude: Client, client: str
) -> None:
    make_authorization(make_user(), make_client(name="A stranger's"))
    assert "nothing to disconnect" in text_of(browser.post(PAGE, {"client": client}, follow=True))
    assert live(person) == 1


def test_nobody_disconnects_what_is_somebody_elses(person: User, claude: Client) -> None:
    sign_in().post(PAGE, {"client": claude.pk})
    assert live(person) == 1


def test_another_site_cannot_disconnect_anything(person: User, claude: Client) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    assert browser.post(PAGE, {"client": claude.pk}).status_code == 403
    assert live(person) == 1


def test_who_is_not_signed_in_is_asked_to() -> None:
    response = Browser().get(PAGE)
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/apps")


def test_attempt_of_theirs_that_failed_is_explained_and_nobody_elses(browser: Browser) -> None:
    ask(browser, App.register(client_name="Mine"), code_challenge=None)
    ask(sign_in(), App.register(client_name="Not mine"), code_challenge=None)
    page = text_of(browser.get(PAGE))
    assert "PKCE with S256 is required" in page
    assert "Not mine" not in page
    assert "/admin/" not in page


def test_page_is_kept_by_no_cache(browser: Browser) -> None:
    assert "no-store" in browser.get(PAGE)["Cache-Control"]


def test_calls_cost_no_query_each(browser: Browser, person: User, claude: Client) -> None:
    for _ in range(30):
        Event.objects.create(kind="mcp", outcome="ok", action="tools/call echo", user_id=person.pk)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        page = text_of(browser.get(PAGE))
    assert page.count("<td>echo</td>") == 20
    assert len(queries) <= 20
