"""Limits on attempts to guess a password or a code, on every page that asks for one."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import get_resolver, reverse

from accounts.models import Event, User
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

LOGIN = reverse("account_login")
NEW = "a-quite-new-and-long-one"
TRIED = 3


@pytest.fixture(autouse=True)
def few_attempts(settings: Any) -> None:
    cache.clear()
    off = {**dict.fromkeys(settings.LIMITS, "0"), "seen": "1/minute"}
    settings.LIMITS = {**off, "sign_ins_name": f"{TRIED}/hour", "sign_ins_address": f"{TRIED}/hour"}


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada", password=PASSWORD, is_staff=True)


def signed_in(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def half_signed_in(person: User) -> Browser:
    """A browser after the password, on the page of the second factor."""
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    browser = Browser()
    browser.post(LOGIN, {"login": person.username, "password": PASSWORD})
    return browser


def with_factor(person: User) -> Browser:
    TOTP.activate(person, generate_totp_secret())
    return signed_in(person)


def anybody(person: User) -> Browser:
    return Browser()


CHANGE = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
RESET = reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "abcdef-0123456789"})
# The person, the page, the posted data, and the reason of the event of each wrong attempt.
PLACES: dict[str, tuple[Callable[[User], Browser], str, dict[str, str] | None, str]] = {
    "sign-in": (anybody, LOGIN, {"login": "ada", "password": "wrong"}, "wrong_credentials"),
    "change of password": (signed_in, reverse("account_change_password"), CHANGE, "wrong_password"),
    "password again": (signed_in, reverse("account_reauthenticate"), {"password": "wrong"}, "wrong_credentials"),
    "second factor": (half_signed_in, reverse("mfa_authenticate"), {"code": "000000"}, "wrong_second_factor"),
    "recovery code": (half_signed_in, reverse("mfa_authenticate"), {"code": "abcdefgh"}, "wrong_second_factor"),
    "second factor again": (with_factor, reverse("mfa_reauthenticate"), {"code": "000000"}, "wrong_second_factor"),
    "link for a new password": (anybody, RESET, None, "wrong_link"),
    "link that confirms an address": (anybody, reverse("account_confirm_email", args=["x:y:z"]), None, "wrong_link"),
}


def attempt(browser: Browser, place: str) -> int:
    _, page, sent, _ = PLACES[place]
    return (browser.get(page) if sent is None else browser.post(page, sent)).status_code


@pytest.mark.parametrize("place", PLACES)
def test_guesses_are_limited(place: str, ada: User) -> None:
    someone, _, _, reason = PLACES[place]
    browser = someone(ada)
    Event.objects.all().delete()
    assert [attempt(browser, place) for _ in range(TRIED)] == [200] * TRIED
    assert {attempt(browser, place) for _ in range(3)} == {429}
    told = list(Event.objects.filter(kind="sign_in", outcome="refused").order_by("pk").values_list("reason", flat=True))
    assert told == [reason] * TRIED + ["too_many_attempts"]


@pytest.mark.parametrize("place", ["sign-in", "change of password", "second factor"])
def test_a_new_browser_does_not_allow_further_attempts(place: str, ada: User, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "sign_ins_address": "0"}
    someone, *_ = PLACES[place]
    browsers = [someone(ada)]
    statuses = [attempt(browsers[0], place) for _ in range(TRIED)]
    if place == "second factor":
        browsers.append(Browser())
        browsers[1].post(LOGIN, {"login": "ada", "password": PASSWORD})
    else:
        browsers.append(someone(ada))
    assert statuses == [200] * TRIED
    assert attempt(browsers[1], place) == 429


def test_what_is_right_uses_nothing_up(ada: User) -> None:
    browser = signed_in(ada)
    for _ in range(TRIED + 2):
        browser.post(reverse("account_change_password"), {**CHANGE, "oldpassword": PASSWORD})
        ada.refresh_from_db()
        assert ada.check_password(NEW)
        ada.set_password(PASSWORD)
        ada.save()
        browser.force_login(ada)


def test_link_that_is_right_uses_nothing_up(ada: User) -> None:
    address = EmailAddress.objects.create(user=ada, email="ada@example.com")
    page = reverse("account_confirm_email", args=[EmailConfirmationHMAC(address).key])
    assert {Browser().get(page).status_code for _ in range(TRIED + 2)} == {200}


@pytest.mark.parametrize("method", ["get", "post"])
def test_admin_has_no_page_of_its_own_for_a_change_of_password(ada: User, method: str) -> None:
    page = reverse("admin:password_change")
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    response = getattr(signed_in(ada), method)(page, data if method == "post" else None)
    assert (response.status_code, response["Location"]) == (302, reverse("account_change_password"))
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_every_page_that_asks_for_a_password_or_code_is_in_the_table() -> None:
    """Lists the pages of allauth and admin by name, and fails for a new one."""
    asking = {
        name
        for name in get_resolver().reverse_dict
        if isinstance(name, str) and any(word in name for word in ("password", "login", "authenticate", "confirm"))
    }
    limited = {
        *("account_login", "account_change_password", "account_reauthenticate", "mfa_authenticate"),
        *("mfa_reauthenticate", "account_reset_password_from_key", "account_confirm_email"),
    }
    # These ask for nothing that could be guessed: a signature, an address, or a new password.
    others = {
        *("mfa_login_webauthn", "mfa_reauthenticate_webauthn", "account_set_password", "account_reset_password"),
        *("account_reset_password_done", "account_reset_password_from_key_done", "openid_connect_login"),
        *("socialaccount_login_cancelled", "socialaccount_login_error"),
    }
    assert asking <= limited | others
