"""Rotation of SECRET_KEY: values made under the former key are valid until that key is removed."""

import re
import time
from io import StringIO

import jwt
import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.fernet import InvalidToken
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from accounts.signing import keys as signing_keys
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import App, answer, ask, returned, sign_in

pytestmark = pytest.mark.django_db

NEW = "another-key-of-at-least-fifty-characters-0123456789-abc"


class Keys:
    """The keys in .env, which the operator changes before a reload."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def replace(self) -> None:
        self.settings.SECRET_KEY_FALLBACKS = [self.settings.SECRET_KEY]
        self.settings.SECRET_KEY = NEW

    def drop_the_former(self) -> None:
        self.settings.SECRET_KEY_FALLBACKS = []


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return Keys(settings)


@pytest.fixture
def ada() -> User:
    ada = make_user("ada", password=PASSWORD, email="ada@example.com")
    return ada


def test_people_stay_signed_in(keys: Keys, ada: User) -> None:
    browsers = [sign_in(ada), sign_in(ada)]
    keys.replace()
    assert browsers[0].get("/apps").status_code == 200
    keys.drop_the_former()
    # A person who signed in after the change has a session under the new key.
    assert [browser.get("/apps").status_code for browser in browsers] == [200, 302]


def test_consent_page_that_was_open_can_be_answered(keys: Keys) -> None:
    app, browser = App.register(), sign_in()
    page = ask(browser, app)
    keys.replace()
    assert "code" in returned(answer(browser, page))


@pytest.mark.parametrize("dropped", [False, True])
def test_link_for_a_new_password_is_good_while_its_key_is(keys: Keys, ada: User, dropped: bool) -> None:
    Browser().post(reverse("account_reset_password"), {"email": ada.email})
    [link] = re.findall(r"http://[^/]+(/\S+)", str(mail.outbox[0].body))
    keys.replace()
    if dropped:
        keys.drop_the_former()
    assert ("password1" in Browser().get(link, follow=True).text) is not dropped


def test_refreshing_goes_on(keys: Keys) -> None:
    app = App.register()
    tokens = app.connect()
    first = app.refresh(tokens["refresh_token"]).json()
    keys.replace()
    assert app.refresh(tokens["refresh_token"]).json()["access_token"] == first["access_token"]
    keys.drop_the_former()
    assert app.refresh(first["refresh_token"]).status_code == 200


def test_second_factors_are_good_for_ever_once_they_are_sealed_anew(keys: Keys, ada: User) -> None:
    secret = generate_totp_secret()
    factor = TOTP.activate(ada, secret).instance
    codes = RecoveryCodes.activate(ada).generate_codes()
    keys.replace()
    output = StringIO()
    call_command("reseal", stdout=output)
    assert "2 secrets encrypted" in output.getvalue()
    keys.drop_the_former()
    factor.refresh_from_db()
    assert TOTP(factor).validate_code(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    assert RecoveryCodes.activate(ada).generate_codes() == codes


def test_signing_keys_are_good_for_ever_once_they_are_sealed_anew(keys: Keys) -> None:
    key = signing_keys.current()
    keys.replace()
    call_command("reseal")
    keys.drop_the_former()
    key.refresh_from_db()
    assert signing_keys.private_key(key).public_key() == jwt.PyJWK.from_dict(key.public_jwk).key


def test_signing_key_of_a_lost_key_is_reported_to_the_operator(keys: Keys) -> None:
    signing_keys.current()
    keys.replace()
    keys.drop_the_former()
    with pytest.raises(CommandError, match="Add the key to SECRET_KEY_FALLBACKS"):
        call_command("reseal")


def test_second_factor_of_a_lost_key_is_reported_to_the_operator(keys: Keys, ada: User) -> None:
    factor = TOTP.activate(ada, generate_totp_secret()).instance
    keys.replace()
    keys.drop_the_former()
    with pytest.raises(CommandError, match="Add the key to SECRET_KEY_FALLBACKS"):
        call_command("reseal")
    with pytest.raises(InvalidToken):
        TOTP(factor).validate_code("000000")
