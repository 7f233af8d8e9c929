"""Pages of allauth with this server's templates: each is reachable and has a heading in sentence case."""

import re

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_limits")]

LOGIN = reverse("account_login")


def heading_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", re.findall(r"<h1.*?</h1>", page, re.DOTALL)[0]).split())


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_reset_password", "Reset your password"),
        ("account_reset_password_done", "Check your email"),
        ("account_reset_password_from_key_done", "Password changed"),
        ("account_email_verification_sent", "Check your email"),
        ("socialaccount_login_cancelled", "Sign-in cancelled"),
    ],
)
def test_page_for_anyone(name: str, heading: str) -> None:
    page = Browser().get(reverse(name)).content.decode()
    assert heading_of(page) == heading


@pytest.mark.parametrize("name", ["account_reset_password_done", "account_reset_password_from_key_done"])
def test_page_after_a_password_reset_links_to_sign_in(name: str) -> None:
    assert f'<a class="button primary" href="{LOGIN}">' in Browser().get(reverse(name)).content.decode()


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("account_email", "Email addresses"),
        ("account_change_password", "Change password"),
        ("socialaccount_connections", "Single sign-on"),
        ("mfa_index", "Second factor"),
        ("mfa_activate_totp", "Activate authenticator app"),
        ("mfa_add_webauthn", "Add a passkey"),
        ("mfa_list_webauthn", "Passkeys and security keys"),
    ],
)
def test_page_of_a_signed_in_person(confirmed: Browser, name: str, heading: str) -> None:
    page = confirmed.get(reverse(name)).content.decode()
    assert heading_of(page) == heading


def test_person_without_a_password_can_set_one(confirmed: Browser, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    confirmed.force_login(ada)
    page = confirmed.get(reverse("account_set_password"), follow=True).content.decode()
    assert heading_of(page) == "Set a password"


def test_confirmation_of_identity_accepts_recovery_codes_and_says_so(confirmed: Browser, ada: User) -> None:
    TOTP.activate(ada, generate_totp_secret())
    codes = RecoveryCodes.activate(ada).get_unused_codes()
    assert "Use an authenticator app or a recovery code" in confirmed.get(reverse("account_reauthenticate")).text
    page = reverse("mfa_reauthenticate")
    assert "or one of the recovery codes" in confirmed.get(page).text
    assert confirmed.post(page, {"code": codes[0]}).status_code == 302
