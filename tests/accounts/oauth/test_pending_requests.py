"""Authorization requests that wait in the browser's session while the person signs in."""

from secrets import token_urlsafe

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.oauth import pending_requests
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App, answer, ask, left_for, returned, sign_in
from tests.support.oauth.consent_pages import is_asked, is_page_for_person, is_sign_in
from tests.support.oauth.sign_ins import fill_in, led_to

pytestmark = pytest.mark.django_db

EXPIRED = "This sign-in has expired"
# Of an HTTP request (config/gunicorn.py).
LONGEST_LINE = 8190


@pytest.fixture
def person(db: None) -> User:
    return make_user("ada", password=PASSWORD)


def waiting(browser: Browser) -> list[pending_requests.Stored]:
    return browser.session.get(pending_requests.SESSION_KEY, [])


@pytest.mark.parametrize("state", ["/" * 1800, "%" * 2500, "a" * 7500, "é" * 1000])
def test_a_long_state_comes_back_from_a_sign_in(app: App, person: User, state: str) -> None:
    browser = Browser()
    page = ask(browser, app, state=state)
    assert is_sign_in(page)
    assert len(page["Location"]) < 200
    consent = fill_in(browser, page, person)
    assert returned(answer(browser, consent))["state"] == state


def test_a_short_request_waits_in_the_address_alone(app: App) -> None:
    browser = Browser()
    assert led_to(ask(browser, app))[1]["next"].startswith("/oauth/authorize?response_type=code&")
    assert "sessionid" not in browser.cookies


def test_not_you_leads_back_to_a_long_request(app: App, person: User) -> None:
    browser = sign_in()
    page = ask(browser, app, state="/" * 1800)
    leading = page.text.split('name="next" value="')[1].split('"')[0]
    consent = fill_in(browser, browser.post("/oauth/sign_out", {"next": leading}), person)
    assert "ada" in consent.text
    assert returned(answer(browser, consent))["state"] == "/" * 1800


def test_a_request_waits_in_one_browser(app: App) -> None:
    browser = Browser()
    path = led_to(ask(browser, app, prompt="login"))[1]["next"]
    assert is_sign_in(browser.get(path))
    assert is_page_for_person(sign_in().get(path), EXPIRED)
    assert is_page_for_person(sign_in().post(path), EXPIRED)


def test_a_request_waits_for_an_hour(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    path = led_to(ask(browser, app, prompt="login"))[1]["next"]
    monkeypatch.setattr(pending_requests, "LIFETIME_SECONDS", 0)
    assert is_page_for_person(browser.get(path), EXPIRED)


def test_so_many_requests_wait_in_a_session_and_the_oldest_go(app: App) -> None:
    browser = Browser()
    paths = [led_to(ask(browser, app, prompt="login", state=str(n)))[1]["next"] for n in range(7)]
    assert len(waiting(browser)) == pending_requests.MOST
    assert is_page_for_person(browser.get(paths[0]), EXPIRED)
    assert is_sign_in(browser.get(paths[-1]))


def test_the_requests_in_a_session_have_a_largest_size(app: App) -> None:
    """Together they fit into a session without a person (config/http/page_middleware.py), however random."""
    browser = Browser()
    for _ in range(4):
        state = token_urlsafe(5600)
        path = led_to(ask(browser, app, state=state))[1]["next"]
    assert sum(len(query) for _, query, _ in waiting(browser)) <= pending_requests.LARGEST
    assert is_sign_in(browser.get(path))


def test_what_a_request_says_beside_its_key_is_ignored(app: App, person: User) -> None:
    browser = Browser()
    page = ask(browser, app, prompt="login")
    consent = fill_in(browser, page, person)
    assert is_asked(consent)
    path = led_to(page)[1]["next"]
    other = browser.get(f"{path}&redirect_uri=https://attacker.test/&client_id=unknown")
    # In the address that the form is sent to, and to which a choice of the language returns.
    assert other.text.count("attacker.test") == 2
    assert left_for(answer(browser, other)).startswith(f"{app.redirect_uri}?code=")


def test_a_request_that_is_too_long_to_wait_is_explained(app: App) -> None:
    page = ask(Browser(), app, anything="a" * 13_000)
    assert is_page_for_person(page, "Invalid request")


def test_a_parameter_of_the_client_with_the_same_name_is_ignored(app: App, person: User) -> None:
    browser = Browser()
    page = ask(browser, app, pending="1")
    assert is_sign_in(page)
    assert is_asked(fill_in(browser, page, person))
