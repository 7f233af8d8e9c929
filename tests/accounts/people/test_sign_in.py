"""Sign-in, to admin and to all other pages, and password reset by mail."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Authorization, Event, User
from tests.support.factories import PASSWORD, make_authorization, make_client, make_user

pytestmark = pytest.mark.django_db

ADMIN = reverse("admin:index")
LOGIN = reverse("account_login")
NEW = "a-quite-new-and-long-one"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def ada(db: None) -> User:
    ada = make_user("ada", password=PASSWORD, email="ada@example.com")
    make_authorization(ada, make_client())
    return ada


def sign_in(browser: Browser, password: str = PASSWORD, **data: str) -> Any:
    return browser.post(LOGIN, {"login": "ada", "password": password, **data})


def is_signed_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


# --- Admin ---------------------------------------------------------------------------------------


def test_admin_has_no_sign_in_of_its_own() -> None:
    for page in (ADMIN, reverse("admin:login")):
        response = Browser().get(page, follow=True)
        assert response.redirect_chain[-1][0].startswith(f"{LOGIN}?next=/admin/")


def test_who_signs_in_for_admin_arrives_there() -> None:
    make_user("ada", password=PASSWORD, is_staff=True)
    browser = Browser()
    wanted = reverse("admin:oauth_mcp_client_changelist")
    assert browser.get(wanted, follow=True).redirect_chain[-1][0] == f"{LOGIN}?next={wanted}"
    assert sign_in(browser, next=wanted)["Location"] == wanted


@pytest.mark.parametrize("wanted", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_admin_does_not_redirect_to_another_site(admin_client: Browser, wanted: str) -> None:
    assert admin_client.get(reverse("admin:login"), {"next": wanted})["Location"] == ADMIN


def test_a_person_without_access_to_admin_is_shown_so_and_not_redirected_in_circles(ada: User) -> None:
    browser = Browser()
    browser.force_login(ada)
    response = browser.get(ADMIN, follow=True)
    assert (response.status_code, len(response.redirect_chain)) == (403, 1)


def test_admin_opens_with_a_second_factor_alone_where_that_is_set(settings: Settings) -> None:
    settings.REQUIRE_MFA_FOR_STAFF = True
    boss = make_user("boss", is_staff=True, is_superuser=True)
    browser = Browser()
    browser.force_login(boss)
    response = browser.get(ADMIN, follow=True)
    assert response.redirect_chain[-1][0] == reverse("mfa_index")
    assert "Admin asks for a second factor" in response.content.decode()
    act = reverse("admin:oauth_mcp_client_changelist")
    assert browser.post(act, {}).status_code == 302
    TOTP.activate(boss, generate_totp_secret())
    assert browser.get(ADMIN).status_code == 200


def test_secret_of_a_second_factor_is_encrypted_and_never_shown(admin_client: Browser, settings: Settings) -> None:
    secret = generate_totp_secret()
    factor = TOTP.activate(make_user("ada"), secret).instance
    assert secret not in str(factor.data)
    page = admin_client.get(reverse("admin:mfa_authenticator_change", args=[factor.pk])).content.decode()
    assert str(factor.data["secret"]) not in page
    # A code of the factor is accepted after a change of the key.
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-at-least-fifty-characters-0123456789-abc"
    assert TOTP(factor).validate_code(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_wrong_second_factor_is_in_the_audit_log(ada: User) -> None:
    TOTP.activate(ada, generate_totp_secret())
    browser = Browser()
    browser.post(reverse("account_login"), {"login": ada.username, "password": PASSWORD})
    browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    event = Event.objects.latest("pk")
    assert (event.kind, event.outcome, event.reason) == ("sign_in", "refused", "wrong_second_factor")
    assert event.user_id == ada.pk
    assert "000000" not in str(list(Event.objects.values()))


def test_operator_takes_a_lost_second_factor_away(admin_client: Browser) -> None:
    ada = make_user("ada")
    factor = TOTP.activate(ada, generate_totp_secret()).instance
    admin_client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
    assert not is_mfa_enabled(ada)


# --- By mail -------------------------------------------------------------------------------------


def link_in_mail() -> str:
    [message] = mail.outbox
    found = re.search(r"http://\S+", str(message.body))
    assert found, message.body
    return found[0].removeprefix("http://testserver").removeprefix("http://localhost")


def test_password_is_set_anew_by_mail_and_ends_what_was_connected(ada: User) -> None:
    browser = Browser()
    assert "Forgot your password?" in browser.get(LOGIN).content.decode()
    browser.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    page = browser.get(link_in_mail(), follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert sign_in(browser).status_code == 200
    assert sign_in(browser, NEW).status_code == 302
    assert not Authorization.objects.live().exists()


def test_it_does_not_reveal_which_people_are_known(ada: User) -> None:
    pages = []
    for address in ("ada@example.com", "nobody@example.com"):
        response = Browser().post(reverse("account_reset_password"), {"email": address}, follow=True)
        pages.append((response.redirect_chain, re.sub(r'value="\S+"', "", response.content.decode())))
    assert pages[0] == pages[1]


def test_link_is_good_once(ada: User) -> None:
    browser = Browser()
    browser.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    link = link_in_mail()
    page = browser.get(link, follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert "password1" not in Browser().get(link, follow=True).content.decode()


def test_address_counts_once_its_owner_confirmed_it(ada: User) -> None:
    browser = Browser()
    sign_in(browser)
    confirm = browser.post(reverse("account_email"), {"email": "ada@home.example.com", "action_add": ""})["Location"]
    assert reverse("account_reauthenticate") in confirm
    assert not EmailAddress.objects.filter(email="ada@home.example.com").exists()
    browser.post(confirm, {"password": PASSWORD})
    added = EmailAddress.objects.get(email="ada@home.example.com")
    assert not added.verified
    mail.outbox = [message for message in mail.outbox if "confirm" in str(message.body)]
    browser.post(link_in_mail())
    added.refresh_from_db()
    assert added.verified


# --- Attempts ------------------------------------------------------------------------------------


def test_wrong_name_and_wrong_password_are_answered_alike(ada: User) -> None:
    wrong = [Browser().post(LOGIN, {"login": name, "password": "wrong"}) for name in ("ada", "nobody")]
    said = [re.search(r'role="alert">([^<]+)', page.content.decode()) for page in wrong]
    assert said[0]
    assert said[1]
    assert said[0][1] == said[1][1]


def test_a_suspended_person_cannot_sign_in(ada: User) -> None:
    ada.is_active = False
    ada.save()
    browser = Browser()
    sign_in(browser)
    assert not is_signed_in(browser)


def test_password_that_a_person_changes_ends_what_was_connected(ada: User) -> None:
    browser = Browser()
    sign_in(browser)
    assert Authorization.objects.live().exists()
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    browser.post(reverse("account_change_password"), data)
    assert not Authorization.objects.live().exists()


def test_sign_up_is_closed() -> None:
    for page in ("/accounts/signup/", "/accounts/2fa/webauthn/signup/"):
        assert Browser().get(page).status_code == 404


def test_page_to_reset_a_password_leads_back_to_sign_in() -> None:
    page = Browser().get(reverse("account_reset_password")).content.decode()
    assert "<h1>Reset your password</h1>" in page
    assert f'<a href="{LOGIN}">Back to sign in</a>' in page
