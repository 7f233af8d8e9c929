"""A client that asks for a new sign-in, of people who sign in by a provider or have a second factor."""

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client as Browser

from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App, ask
from tests.support.oauth.consent_pages import is_asked, is_sign_in
from tests.support.oauth.sign_ins import led_to
from tests.support.people.single_sign_on import arrive, verified

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("provider")
def test_single_sign_on_meets_the_request_that_waits(app: App) -> None:
    verified(make_user("ada"))
    browser = Browser()
    page = ask(browser, app, prompt="login", state="/" * 1800)
    assert is_sign_in(page)
    assert is_asked(arrive(browser, wanted=led_to(page)[1]["next"]))


@pytest.mark.usefixtures("provider")
def test_single_sign_on_is_repeated_after_signing_out_by_a_form(app: App) -> None:
    verified(make_user("ada"))
    browser = Browser()
    arrive(browser)
    page = ask(browser, app, max_age="0")
    assert "<h1>Sign in again</h1>" in page.text
    leading = page.text.split('name="next" value="')[1].split('"')[0]
    following = led_to(browser.post("/oauth/sign_out", {"next": leading}))[1]["next"]
    assert is_asked(arrive(browser, wanted=following))


def test_a_password_without_the_second_factor_meets_no_request(app: App) -> None:
    ada = make_user("ada", password=PASSWORD)
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    browser = Browser()
    following = led_to(ask(browser, app, prompt="login"))[1]["next"]
    browser.post("/accounts/login/", {"login": "ada", "password": PASSWORD, "next": following})
    assert is_sign_in(browser.get(following))
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    assert is_asked(browser.get(browser.post("/accounts/2fa/authenticate/", {"code": code})["Location"]))
