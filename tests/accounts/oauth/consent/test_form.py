"""The posted form of the consent page, which the endpoint validates and never trusts."""

from html import unescape

import pytest
from django.test import Client as Browser

from accounts.models import Client, Grant, User
from accounts.oauth import consent_page
from tests.support.flows import REDIRECT_URI, RESOURCE, App, Response, Value, answer, ask, returned, sign_in
from tests.support.oauth.consent_pages import is_page_for_person, nothing_was_written
from tests.support.oauth.pkce import CHALLENGE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "extra",
    [
        {"scope": ["read", "write"]},
        {"redirect_uri": "https://evil.example/callback"},
        {"client_id": "another"},
        {"resource": "https://other.example.com/mcp"},
        {"state": "forged"},
        {"response_type": "token"},
        {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
        {"code_challenge_method": "plain"},
        {"allow": "false"},
        {"user": "1"},
    ],
)
def test_an_extra_field_of_the_form_changes_nothing(browser: Browser, app: App, extra: dict[str, Value]) -> None:
    page = ask(browser, app, scope="read")
    response = answer(browser, page, "approve", **extra)

    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    assert returned(response)["state"] == "random123"
    grant = Grant.objects.get()
    assert (grant.scope, grant.redirect_uri, grant.application) == ("read", REDIRECT_URI, app.row)
    assert (grant.code_challenge, grant.code_challenge_method, grant.resource) == (CHALLENGE, "S256", [RESOURCE])


def is_asked_again(response: Response) -> bool:
    return (
        response.status_code == 400 and str(consent_page.CHANGED) in unescape(response.text) and nothing_was_written()
    )


@pytest.mark.parametrize("decision", ["approve", "cancel"])
@pytest.mark.parametrize("shown", ["", "forged", "WyJmb3JnZWQiXQ:1r:signature", "☃"])
def test_an_answer_to_a_page_that_was_never_shown_is_refused(
    browser: Browser, app: App, decision: str, shown: str
) -> None:
    assert is_asked_again(answer(browser, ask(browser, app), decision, shown=shown))


def test_an_answer_without_any_form_is_refused(browser: Browser, app: App) -> None:
    assert is_asked_again(browser.post(app.authorization_url(), {"decision": "approve"}))


def test_an_answer_to_what_another_person_was_shown_is_refused(browser: Browser, app: App) -> None:
    theirs = ask(sign_in(), app)
    assert is_asked_again(answer(browser, theirs))


@pytest.mark.parametrize("changes", [{"scope": "read write"}, {"redirect_uri": "http://localhost:9999/callback"}])
def test_an_answer_to_another_request_of_the_client_is_refused(
    browser: Browser, app: App, changes: dict[str, str]
) -> None:
    page = ask(browser, app, scope="read")
    shown = page.context["shown"]
    response = browser.post(
        app.authorization_url(**{"scope": "read", **changes}), {"shown": shown, "decision": "approve"}
    )
    assert is_asked_again(response)


def test_an_answer_to_another_clients_request_is_refused(browser: Browser, app: App) -> None:
    shown = ask(browser, App.register()).context["shown"]
    assert is_asked_again(browser.post(app.authorization_url(), {"shown": shown, "decision": "approve"}))


@pytest.mark.parametrize("changes", [{"name": "Another name"}, {"client_uri": "https://other.example.com"}])
def test_an_answer_is_refused_once_the_client_has_another_name(
    browser: Browser, app: App, changes: dict[str, str]
) -> None:
    page = ask(browser, app)
    Client.objects.update(**changes)
    assert is_asked_again(answer(browser, page))


def test_an_answer_comes_too_late_when_the_redirect_uri_is_gone(browser: Browser, app: App) -> None:
    page = ask(browser, app)
    Client.objects.update(redirect_uris="https://app.example.com/callback")
    assert is_page_for_person(answer(browser, page), "Invalid redirect_uri")
    assert nothing_was_written()


def test_an_answer_to_a_page_that_was_open_too_long_is_refused(
    browser: Browser, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(browser, app)
    monkeypatch.setattr(consent_page, "LIFETIME_SECONDS", -1)
    assert is_asked_again(answer(browser, page))


def test_the_page_that_asks_again_can_be_answered(browser: Browser, app: App) -> None:
    again = answer(browser, ask(browser, app), shown="forged")
    assert "code" in returned(answer(browser, again))


def test_a_page_opened_in_a_second_tab_does_not_spoil_the_first(browser: Browser, app: App) -> None:
    first, second = ask(browser, app, state="first"), ask(browser, app, state="second")
    assert returned(answer(browser, first))["state"] == "first"
    assert returned(answer(browser, second))["state"] == "second"


def test_an_answer_from_another_site_is_refused(person: User, app: App) -> None:
    """RFC 6749 section 10.12: "The authorization server MUST implement CSRF protection for its authorization
    endpoint"."""
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    shown = ask(browser, app).context["shown"]
    response = browser.post(app.authorization_url(), {"shown": shown, "decision": "approve"})
    assert (response.status_code, nothing_was_written()) == (403, True)
