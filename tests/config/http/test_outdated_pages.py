"""Forms of pages that a sign-in in another tab made outdated: the current page in their place, and nothing is done."""

import pytest
from django.test import Client as Browser

from accounts.models import Authorization
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App
from tests.support.oauth.sign_ins import led_to

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
OUTDATED = "out of date"


@pytest.fixture
def browser(db: None) -> Browser:
    """A browser with a token of this server, whose person is known by a password."""
    make_user("ada", password=PASSWORD)
    browser = Browser(enforce_csrf_checks=True)
    browser.get(LOGIN)
    return browser


@pytest.fixture
def app(db: None) -> App:
    return App.register()


def sign_in_elsewhere(browser: Browser) -> None:
    token = browser.cookies["csrftoken"].value
    browser.post(LOGIN, {"login": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert "_auth_user_id" in browser.session


def test_the_sign_in_page_of_a_second_tab_goes_on_to_where_it_led(browser: Browser, app: App) -> None:
    outdated, url = browser.cookies["csrftoken"].value, app.authorization_url()
    sign_in_elsewhere(browser)
    sent = {"login": "ada", "password": PASSWORD, "next": url, "csrfmiddlewaretoken": outdated}
    response = browser.get(browser.post(LOGIN, sent)["Location"], follow=True)
    assert (response.status_code, 'value="approve"' in response.text) == (200, True)
    assert OUTDATED not in response.text


@pytest.mark.parametrize("form", ["/accounts/2fa/webauthn/login/", "/accounts/oidc/sso/login/?process=login"])
def test_other_ways_to_sign_in_go_on_to_where_they_led(browser: Browser, form: str) -> None:
    outdated = browser.cookies["csrftoken"].value
    sign_in_elsewhere(browser)
    response = browser.post(form, {"next": "/apps", "csrfmiddlewaretoken": outdated})
    assert led_to(response) == (LOGIN, {"next": "/apps"})


def test_the_sign_in_page_is_shown_again_to_whoever_has_signed_out(browser: Browser) -> None:
    response = browser.post(
        LOGIN, {"login": "ada", "password": PASSWORD, "next": "/apps", "csrfmiddlewaretoken": "a" * 64}
    )
    assert led_to(response) == (LOGIN, {"next": "/apps"})
    assert "_auth_user_id" not in browser.session
    assert OUTDATED in browser.get(response["Location"]).text


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_an_outdated_form_leads_nowhere_else(browser: Browser, following: str) -> None:
    outdated = browser.cookies["csrftoken"].value
    sign_in_elsewhere(browser)
    response = browser.post(LOGIN, {"next": following, "csrfmiddlewaretoken": outdated}, follow=True)
    assert [url.startswith("/") and "evil" not in url.partition("?")[0] for url, _ in response.redirect_chain] == [
        True
    ] * 2


def test_a_consent_page_of_somebody_else_is_shown_anew(browser: Browser, app: App) -> None:
    outdated, url = browser.cookies["csrftoken"].value, app.authorization_url()
    sign_in_elsewhere(browser)
    response = browser.post(url, {"decision": "approve", "scope": "read", "csrfmiddlewaretoken": outdated}, follow=True)
    assert (response.status_code, 'value="approve"' in response.text) == (200, True)
    assert OUTDATED in response.text
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("page", ["/accounts/logout/", "/apps", "/accounts/reauthenticate/"])
def test_other_pages_of_a_sign_in_are_shown_anew(browser: Browser, page: str) -> None:
    outdated = browser.cookies["csrftoken"].value
    sign_in_elsewhere(browser)
    response = browser.post(page, {"csrfmiddlewaretoken": outdated}, follow=True)
    assert (response.status_code, OUTDATED in response.text) == (200, True)
    assert "_auth_user_id" in browser.session


def test_a_long_address_is_not_repeated(browser: Browser) -> None:
    response = browser.post(LOGIN, {"next": "/apps?" + "a" * 9000, "csrfmiddlewaretoken": "a" * 64})
    assert response["Location"] == LOGIN


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_form_of_another_site_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    token = browser.cookies["csrftoken"].value
    sent = {"login": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert browser.post(LOGIN, sent, headers=headers).status_code == 403
    assert "_auth_user_id" not in browser.session


def test_a_browser_without_cookies_is_told_so(browser: Browser) -> None:
    response = Browser(enforce_csrf_checks=True).post(LOGIN, {"login": "ada", "password": PASSWORD})
    assert (response.status_code, "allow cookies" in response.text) == (403, True)


def test_a_page_with_a_persons_words_is_not_loaded_again(browser: Browser) -> None:
    """The browser's back button has what they wrote."""
    outdated = browser.cookies["csrftoken"].value
    sign_in_elsewhere(browser)
    assert browser.post("/accounts/password/change/", {"csrfmiddlewaretoken": outdated}).status_code == 403
