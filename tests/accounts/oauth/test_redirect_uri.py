"""Errors of the client, its redirect URI and the request's form, which are shown to the person and never redirected."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Event
from tests.support.factories import make_client
from tests.support.flows import REDIRECT_URI, App, answer, ask, returned
from tests.support.oauth.consent_pages import is_page_for_person, is_sign_in, nothing_was_written

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("client_id", ["unknown", "", None, "a" * 5000, "☃"])
def test_an_unknown_client_is_shown_to_the_person_and_never_redirected(
    anybody: Browser, app: App, client_id: str | None
) -> None:
    """RFC 6749 section 4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and
    MUST NOT automatically redirect the user-agent to the invalid redirection URI"."""
    assert is_page_for_person(ask(anybody, app, client_id=client_id), "Invalid client_id")


def test_a_suspended_client_is_said_to_be_suspended(browser: Browser) -> None:
    """To add the server again would register it anew."""
    client = make_client(suspended_at=timezone.now())
    page = ask(browser, App(client.client_id))
    assert is_page_for_person(page, "This app is suspended")
    assert "Ask the administrator to reinstate it." in page.text
    assert "add it again" not in page.text
    event = Event.objects.filter(kind="authorization").latest("pk")
    assert (event.outcome, event.reason, event.client_id) == ("refused", "suspended_client", client.client_id)


def test_strangers_cannot_tell_a_suspended_client_from_an_active_one(app: App) -> None:
    anybody = Browser()
    client = make_client(suspended_at=timezone.now())
    assert is_sign_in(ask(anybody, App(client.client_id)))
    assert is_sign_in(ask(anybody, app))
    silent = [ask(anybody, each, prompt="none") for each in (App(client.client_id), App("unknown"))]
    assert [page.status_code for page in silent] == [400, 400]
    assert "suspended" not in silent[0].text


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:8080/other",
        "https://evil.example/callback",
        "https://localhost:8080/callback",
        "http://user@localhost:8080/callback",
        "http://localhost:8080@evil.example/callback",
        "http://localhost:99999/callback",
        "http://localhost:8080/callback#part",
        "http://[::1",
        "javascript:alert(1)",
        "/callback",
        "☃",
    ],
)
def test_a_redirect_uri_that_is_not_registered_is_never_redirected_to(
    anybody: Browser, app: App, redirect_uri: str
) -> None:
    assert is_page_for_person(ask(anybody, app, redirect_uri=redirect_uri), "Invalid redirect_uri")


def test_the_redirect_uri_may_be_left_out_where_there_is_only_one(browser: Browser, app: App) -> None:
    location = answer(browser, ask(browser, app, redirect_uri=None))["Location"]
    assert location.startswith(f"{REDIRECT_URI}?")


def test_the_redirect_uri_may_not_be_left_out_where_there_are_two(anybody: Browser) -> None:
    app = App.register(redirect_uris=[REDIRECT_URI, "https://app.example.com/callback"])
    assert is_page_for_person(ask(anybody, app, redirect_uri=None), "Invalid redirect_uri")


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "state", "response_type", "scope", "code_challenge", "prompt", "max_age"]
)
def test_a_duplicate_parameter_is_shown_to_the_person(anybody: Browser, app: App, name: str) -> None:
    """RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than once."""
    url = app.authorization_url(scope="read", prompt="consent", max_age="9")
    response = anybody.get(f"{url}&{name}=again")
    assert is_page_for_person(response, "Invalid request")
    assert f"Duplicate {name} parameter" in response.text


@pytest.mark.parametrize("parameters", ["utm=a&utm=b", "audience=a&audience=b", "utm=%00", f"utm={'a' * 3000}"])
def test_a_parameter_that_oauth_does_not_know_is_ignored(browser: Browser, app: App, parameters: str) -> None:
    """RFC 6749 section 3.1: "The authorization server MUST ignore unrecognized request parameters"."""
    page = browser.get(f"{app.authorization_url()}&{parameters}")
    assert set(returned(answer(browser, page))) == {"code", "state", "iss"}


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "code_challenge", "resource"])
@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "a\x7fb"])
def test_a_control_character_is_shown_to_the_person(anybody: Browser, app: App, name: str, value: str) -> None:
    assert is_page_for_person(ask(anybody, app, **{name: value}), "Invalid request")


@pytest.mark.parametrize(
    ("junk", "status"),
    [
        *((each, 200) for each in ("state=%", "state=%zz", "state=%ff%fe", "state=%ED%A0%80", "&&&=&;", "a[b]=c")),
        ("%00", 200),
        ("state=%00", 400),
    ],
)
def test_bad_percent_encoding_ends_in_no_server_error(browser: Browser, app: App, junk: str, status: int) -> None:
    response = browser.get(f"{app.authorization_url(state=None)}&{junk}")
    assert response.status_code == status


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil%2Eexample/callback",
        "https://evil.example./callback",
        "https://claude.ai%E3%80%82evil2.example/callback",
        "https://my_app.example.com/callback",
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_stored_redirect_uri_that_is_invalid_by_now_is_not_redirected_to(
    browser: Browser, uri: str, named: bool
) -> None:
    client = make_client(redirect_uris=uri)
    page = ask(browser, App(client.client_id, redirect_uri=uri), **({} if named else {"redirect_uri": None}))
    assert is_page_for_person(page, "Invalid redirect_uri")
    assert nothing_was_written()


@pytest.mark.parametrize("query", ["p=a%20b", "flag", "flag&p=a%20b+c%7E", "a=1&&b=;", "a=%c3%a9", "%63%6Fde2=1"])
def test_the_redirect_uris_own_query_is_kept_byte_for_byte(browser: Browser, query: str) -> None:
    """RFC 6749 section 3.1.2: "which MUST be retained when adding additional query parameters"."""
    app = App.register(redirect_uris=[f"{REDIRECT_URI}?{query}"])
    page = ask(browser, app)
    for decision, added in [("approve", ["code", "state", "iss"]), ("cancel", ["error", "error_description"])]:
        location = answer(browser, page, decision)["Location"]
        assert location.startswith(f"{REDIRECT_URI}?{query}&{added[0]}=")
        assert [location.count(f"&{name}=") for name in added] == [1] * len(added)


def test_a_parameter_of_the_redirect_uri_is_sent_once(browser: Browser) -> None:
    app = App.register(redirect_uris=[f"{REDIRECT_URI}?iss=a&%73tate=b&code=c&tenant=d%20e"])
    location = answer(browser, ask(browser, app))["Location"]
    assert location.startswith(f"{REDIRECT_URI}?tenant=d%20e&code=")
    assert set(returned(answer(browser, ask(browser, app)))) == {"tenant", "code", "state", "iss"}
