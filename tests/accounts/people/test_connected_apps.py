"""The page of connected apps: each app's access, its calls, failed connections, and how to disconnect it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import events
from accounts.grants import authorization_limit
from accounts.models import AccessToken, Authorization, Client, Event, RefreshToken, User
from accounts.people import connected_apps
from accounts.people.connected_apps import apps_of
from tests.support.factories import make_authorization, make_client, make_user
from tests.support.flows import App, approve, ask, sign_in

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


def test_hosts_that_received_access_are_shown(browser: Browser) -> None:
    uris = ["https://app.example.com/cb", "https://other.example.com/cb", "http://localhost/cb", "http://127.0.0.1/cb"]
    app = App.register(redirect_uris=uris)
    for uri in (uris[0], uris[2], uris[3]):
        approve(browser, app, redirect_uri=uri)
    page = text_of(browser.get(PAGE))
    assert "app.<b>example.com</b>" in page
    assert "<b>127.0.0.1</b>" in page
    assert "(a local program)" in page
    assert "other.<b>example.com</b>" not in page


def test_last_use_end_and_calls_are_shown(browser: Browser, person: User, claude: Client) -> None:
    Authorization.objects.update(expires_at=timezone.now() + timedelta(days=3))
    mine = {"user_id": person.pk, "client_id": claude.client_id, "client_name": claude.name, "kind": "mcp"}
    Event.objects.create(**mine, outcome="ok", action="tools/call lend_book")
    Event.objects.create(**{**mine, "user_id": person.pk + 1}, outcome="ok", action="tools/call not_mine")
    # It goes on as a task, which the page shows apart.
    Event.objects.create(**mine, outcome="ok", action="tools/call renovate", reason="task_created")
    page = text_of(browser.get(PAGE))
    assert "last used" in page
    assert "until you disconnect it" not in page
    assert "lend_book" in page
    assert "not_mine" not in page
    assert "renovate" not in page


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
def test_an_unknown_app_disconnects_nothing(browser: Browser, person: User, claude: Client, client: str) -> None:
    make_authorization(make_user(), make_client(name="A stranger's"))
    assert "Nothing to disconnect." in text_of(browser.post(PAGE, {"client": client}, follow=True))
    assert live(person) == 1


def test_a_person_cannot_disconnect_an_app_of_another(person: User, claude: Client) -> None:
    sign_in().post(PAGE, {"client": claude.pk})
    assert live(person) == 1


def test_another_site_cannot_disconnect_anything(person: User, claude: Client) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    assert browser.post(PAGE, {"client": claude.pk}).status_code == 403
    assert live(person) == 1


def test_a_person_who_is_signed_out_is_asked_to_sign_in() -> None:
    response = Browser().get(PAGE)
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/apps")


def test_only_the_persons_own_failed_attempts_are_explained(browser: Browser) -> None:
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


def test_page_reads_no_more_rows_for_more_authorizations(browser: Browser, person: User, claude: Client) -> None:
    """The database aggregates: one row comes back for each app."""
    for _ in range(30):
        make_authorization(person, claude, scope="read write", redirect_uri="https://app.example.com/cb")
    with CaptureQueriesContext(connection) as few:
        [app] = apps_of(person)
    assert [scope.name for scope, _ in app.scopes] == ["read", "write"]
    assert [str(place.host) for place in app.identity.places] == ["app.example.com"]
    assert len(connected_apps.granted_to(person, [claude.pk])[1][claude.pk]) == 1
    assert not any("oauth_mcp_authorization" in query["sql"] and "GROUP BY" not in query["sql"] for query in few)


def test_page_shows_so_many_apps_at_most_and_counts_the_rest(
    browser: Browser, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connected_apps, "MOST_APPS", 3)
    for number in range(5):
        make_authorization(person, make_client(name=f"App number {number}"))
    page = text_of(browser.get(PAGE))
    assert [f"App number {number}" in page for number in range(5)] == [False, False, True, True, True]
    assert "2 more apps" in page
    browser.post(PAGE, {"client": "all"})
    assert live(person) == 0


def test_app_goes_on_without_end_where_one_authorization_does(person: User, claude: Client) -> None:
    make_authorization(person, claude, expires_at=timezone.now() + timedelta(days=3))
    assert [app.ends_at for app in apps_of(person)] == [None]


def test_a_person_has_so_many_live_authorizations_with_a_client_and_the_least_used_end(
    browser: Browser, person: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_limit, "MOST_LIVE", 3)
    first, *others = [app.connect(browser) for _ in range(3)]
    other = App.register()
    other.connect(browser)
    assert live(person) == 4
    others.append(app.connect(browser))
    assert live(person) == 4
    ended = Event.objects.get(kind="revocation")
    assert (ended.reason, ended.user_id, ended.client_id) == ("too_many", person.pk, app.client_id)
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert [app.refresh(tokens["refresh_token"]).status_code for tokens in others] == [200] * 3


def test_authorizations_that_were_never_redeemed_end_before_the_one_in_use(
    browser: Browser, person: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_limit, "MOST_LIVE", 3)
    in_use = app.connect(browser)
    # Another site can start these where the consent is remembered, but it cannot redeem the codes.
    codes = [approve(browser, app) for _ in range(9)]
    assert live(person) == 3
    assert app.refresh(in_use["refresh_token"]).status_code == 200
    # The codes that were approved last have not been redeemed yet.
    assert [app.exchange(code).status_code for code in codes[-2:]] == [200, 200]
    assert app.exchange(codes[-3]).status_code == 400


def test_authorization_that_was_not_used_for_longest_ends_first(
    browser: Browser, person: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_limit, "MOST_LIVE", 3)
    called, refreshed, idle = (app.connect(browser) for _ in range(3))
    AccessToken.objects.update(created=timezone.now() - timedelta(days=2))
    RefreshToken.objects.update(created=timezone.now() - timedelta(days=2))
    [first, *_] = Authorization.objects.order_by("pk").values_list("pk", flat=True)
    events.record(Event.Kind.MCP, user=person, authorization_id=first)
    refreshed = app.refresh(refreshed["refresh_token"]).json()
    app.connect(browser)
    assert app.refresh(idle["refresh_token"]).status_code == 400
    assert [app.refresh(tokens["refresh_token"]).status_code for tokens in (called, refreshed)] == [200, 200]


def test_authorization_whose_access_token_was_pruned_counts_as_redeemed(
    browser: Browser, person: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_limit, "MOST_LIVE", 2)
    kept = app.connect(browser)
    AccessToken.objects.all().delete()
    Event.objects.all().delete()
    for _ in range(3):
        approve(browser, app)
    assert app.refresh(kept["refresh_token"]).status_code == 200


def test_authorization_that_was_just_approved_stays_where_all_others_are_in_use(
    browser: Browser, person: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_limit, "MOST_LIVE", 2)
    for _ in range(3):
        assert app.connect(browser)["access_token"]
    assert live(person) == 2


def test_authorizations_of_a_version_without_that_bound_end_a_few_at_a_time(
    browser: Browser, person: User, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_limit, "MOST_LIVE", 3)
    monkeypatch.setattr(authorization_limit, "MOST_REVOKED_AT_ONCE", 4)
    for _ in range(9):
        make_authorization(person, app.row)
    assert [approve(browser, app) and live(person) for _ in range(3)] == [6, 3, 3]
