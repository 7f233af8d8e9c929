"""Errors of the client, its redirect URI and the request's form, which are shown to the person and never redirected."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from tests.support.factories import make_client
from tests.support.flows import REDIRECT_URI, App, answer, ask
from tests.support.oauth.consent_pages import is_page_for_person, nothing_was_written

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("client_id", ["unknown", "", None, "a" * 5000, "☃"])
def test_an_unknown_client_is_shown_to_the_person_and_never_redirected(
    anybody: Browser, app: App, client_id: str | None
) -> None:
    """RFC 6749 section 4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and
    MUST NOT automatically redirect the user-agent to the invalid redirection URI"."""
    assert is_page_for_person(ask(anybody, app, client_id=client_id), "Invalid client_id")


def test_a_suspended_client_is_refused_like_an_unknown_one(anybody: Browser) -> None:
    client = make_client(suspended_at=timezone.now())
    assert is_page_for_person(ask(anybody, App(client.client_id)), "Invalid client_id")


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
    "name", ["client_id", "redirect_uri", "state", "response_type", "scope", "code_challenge", "anything"]
)
def test_a_duplicate_parameter_is_shown_to_the_person(anybody: Browser, app: App, name: str) -> None:
    """RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than once."""
    response = anybody.get(f"{app.authorization_url(scope='read', anything='a')}&{name}=again")
    assert is_page_for_person(response, "Invalid request")
    assert f"Duplicate {name} parameter" in response.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "code_challenge", "resource"])
@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "a\x7fb"])
def test_a_control_character_is_shown_to_the_person(anybody: Browser, app: App, name: str, value: str) -> None:
    assert is_page_for_person(ask(anybody, app, **{name: value}), "Invalid request")


@pytest.mark.parametrize(
    ("junk", "status"),
    [
        *((each, 200) for each in ("state=%", "state=%zz", "state=%ff%fe", "state=%ED%A0%80", "&&&=&;", "a[b]=c")),
        ("%00", 400),
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
