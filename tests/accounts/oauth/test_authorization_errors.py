"""Errors that the authorization endpoint returns to the client (accounts/oauth/authorization_errors.py)."""

from html import unescape

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.clients.destinations import destination_of
from accounts.models import Client, Event, User
from tests.support.documents import serving_documents
from tests.support.flows import ISSUER, REDIRECT_URI, RESOURCE, App, ask, link_target, parameters_in, returned
from tests.support.oauth.consent_pages import is_sign_in, nothing_was_written
from tests.support.oauth.pkce import CHALLENGE

pytestmark = pytest.mark.django_db

RETURNED_ERRORS = {
    "without PKCE": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request", "PKCE is required"),
    "with an empty challenge": ({"code_challenge": ""}, "invalid_request", "PKCE is required"),
    "with plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request", "code_challenge_method=S256"),
    "with PKCE of no method, which means plain": (
        {"code_challenge_method": None},
        "invalid_request",
        "code_challenge_method=S256",
    ),
    "with a method in small letters": ({"code_challenge_method": "s256"}, "invalid_request", "S256"),
    "with a short challenge": ({"code_challenge": "short"}, "invalid_request", "43 characters"),
    "with a padded challenge": ({"code_challenge": CHALLENGE + "="}, "invalid_request", "43 characters"),
    "with a challenge beyond ASCII": ({"code_challenge": "ä" * 43}, "invalid_request", "43 characters"),
    "without a response type": ({"response_type": None}, "invalid_request", "response_type"),
    "for a token": ({"response_type": "token"}, "unsupported_response_type", ""),
    "for a code and a token": ({"response_type": "code token"}, "unsupported_response_type", ""),
    "for an ID token": ({"response_type": "code id_token"}, "unsupported_response_type", ""),
    "for nothing": ({"response_type": "none"}, "unsupported_response_type", ""),
    "for another resource": ({"resource": "https://other.example.com/mcp"}, "invalid_target", RESOURCE),
    "for a part of ours": ({"resource": f"{RESOURCE}/part"}, "invalid_target", RESOURCE),
    "for the issuer": ({"resource": ISSUER}, "invalid_target", RESOURCE),
    "for a name that begins like ours": ({"resource": f"{RESOURCE}x"}, "invalid_target", RESOURCE),
    "for ours with a fragment": ({"resource": f"{RESOURCE}#part"}, "invalid_target", RESOURCE),
    "for half an IPv6 address": ({"resource": "http://[::1"}, "invalid_target", RESOURCE),
    "for a port out of range": ({"resource": "http://localhost:99999/mcp"}, "invalid_target", RESOURCE),
    "for a host with a final dot": ({"resource": "http://localhost./mcp"}, "invalid_target", RESOURCE),
    "for a percent-encoded host": ({"resource": "http://%6Cocalhost/mcp"}, "invalid_target", RESOURCE),
    "for ours behind user information": ({"resource": "http://x@localhost/mcp"}, "invalid_target", RESOURCE),
    "for ours behind a backslash": ({"resource": "http://localhost\\mcp"}, "invalid_target", RESOURCE),
    "for no URI": ({"resource": "mcp"}, "invalid_target", RESOURCE),
    "for ours and another": ({"resource": [RESOURCE, "https://other.example.com"]}, "invalid_target", RESOURCE),
}


@pytest.mark.parametrize(("changes", "error", "words"), RETURNED_ERRORS.values(), ids=RETURNED_ERRORS)
def test_an_error_of_the_operators_client_is_redirected_with_state_and_iss(
    browser: Browser, changes: dict[str, str | None], error: str, words: str
) -> None:
    """RFC 9207 section 2: "In authorization responses to the client, including error responses, an authorization
    server supporting this specification MUST indicate its identity by including the iss parameter in the response."
    """
    response = ask(browser, App.by_hand(), **changes)

    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    told = returned(response)
    assert (told["error"], told["state"], told["iss"]) == (error, "random123", ISSUER)
    assert words in told.get("error_description", "")
    assert "code" not in told
    assert nothing_was_written()


ANYWHERE = ["https://attacker.test/cb", REDIRECT_URI, "https://localhost:8443/cb", "com.example.app:/callback"]


@pytest.mark.parametrize(("changes", "error", "words"), RETURNED_ERRORS.values(), ids=RETURNED_ERRORS)
@pytest.mark.parametrize("redirect_uri", ANYWHERE)
def test_an_error_of_an_unvouched_client_is_not_redirected_without_a_page(
    browser: Browser, redirect_uri: str, changes: dict[str, str | None], error: str, words: str
) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    page = ask(browser, app, **changes)

    address = link_target(page)
    assert address.startswith(f"{redirect_uri}?")
    told = parameters_in(address)
    assert (told["error"], told["state"], told["iss"]) == (error, "random123", ISSUER)
    assert destination_of(redirect_uri).host in page.text
    assert words in unescape(page.text)
    assert nothing_was_written()


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_no_method_redirects_an_error_of_an_unvouched_client(browser: Browser, method: str) -> None:
    app = App.register(redirect_uris=["https://attacker.test/cb"])
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    response = getattr(browser, method)(app.authorization_url(response_type="token"))
    assert response.status_code == 400
    assert "Location" not in response
    assert "http-equiv" not in response.text


def test_the_page_that_offers_to_return_is_in_the_persons_language_and_marks_what_is_not(browser: Browser) -> None:
    page = ask(browser, App.register(), code_challenge=None, ui_locales="de").content.decode()
    assert "Die App hat um etwas gebeten" in page
    assert '<bdi class="fine" lang="en">PKCE is required' in page


def test_the_page_that_offers_to_return_shows_what_the_client_wrote_as_text(browser: Browser) -> None:
    app = App.register(client_name="<b>Claude</b>", redirect_uris=["https://attacker.test/cb?a=%22%3E%3Cb%3E"])
    page = ask(browser, app, response_type="token", state='"><script>alert(1)</script>')
    assert "&lt;b&gt;Claude&lt;/b&gt;" in page.text
    assert parameters_in(link_target(page))["state"] == '"><script>alert(1)</script>'


def test_an_error_of_an_unapproved_document_is_not_redirected(browser: Browser) -> None:
    """Any person can publish a document on their own host, which then vouches for its own addresses."""
    cache.clear()
    evil = {"client_id": "https://evil.example/c.json", "redirect_uris": ["https://evil.example/cb"]}
    with serving_documents() as documents:
        app = App(documents.publish(evil), redirect_uri="https://evil.example/cb")
        page = ask(browser, app, response_type="token")
    assert link_target(page).startswith("https://evil.example/cb?error=")


def test_an_error_of_a_client_that_changed_after_its_approval_is_not_redirected(browser: Browser) -> None:
    app = App.register(redirect_uris=["https://app.example.com/cb"])
    Client.objects.update(vouched_fingerprint=app.row.fingerprint)
    assert "error" in returned(ask(browser, app, response_type="token"))
    Client.objects.update(redirect_uris="https://app.example.com/cb https://attacker.test/cb")
    assert link_target(ask(browser, app, response_type="token"))


@pytest.mark.parametrize(("changes", "error", "words"), RETURNED_ERRORS.values(), ids=RETURNED_ERRORS)
def test_an_error_is_not_redirected_before_the_person_signs_in(
    app: App, changes: dict[str, str | None], error: str, words: str
) -> None:
    """RFC 9700 section 4.11.2: "The authorization server MUST always authenticate the user first [...] before
    redirecting the user."."""
    assert is_sign_in(ask(Browser(), app, **changes))


def test_an_error_without_a_state_returns_none(browser: Browser) -> None:
    told = returned(ask(browser, App.by_hand(), state=None, response_type="token"))
    assert set(told) <= {"error", "error_description", "iss"}


def test_a_refusal_leaves_an_event_with_its_reason(browser: Browser, person: User, app: App) -> None:
    ask(browser, app, code_challenge_method="plain")
    event = Event.objects.get(kind=Event.Kind.AUTHORIZATION)
    assert (event.outcome, event.reason, event.user_id) == ("refused", "pkce_required", person.pk)
    assert event.client_id == app.client_id
