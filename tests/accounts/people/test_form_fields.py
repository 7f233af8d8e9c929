"""Fields of people's forms: where the cursor is, and how errors are tied to their fields."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from tests.support.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_limits")]

LOGIN = reverse("account_login")
CHANGE = reverse("account_change_password")


def with_focus(page: str) -> list[str]:
    """Return the names of the elements that have the cursor: at most one may."""
    return re.findall(r'<input[^>]* name="(\w+)"[^>]* autofocus', page)


@pytest.mark.parametrize(("query", "field"), [("", "login"), ("?login_hint=ada", "password")])
def test_sign_in_begins_with_the_first_empty_field(query: str, field: str) -> None:
    assert with_focus(Browser().get(LOGIN + query).text) == [field]


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"login": "ada", "password": "wrong"}, "password"), ({"login": "", "password": "x"}, "login")],
)
def test_refused_sign_in_goes_on_with_the_field_to_fill_in(ada: User, sent: dict[str, str], field: str) -> None:
    assert with_focus(Browser().post(LOGIN, sent).text) == [field]


@pytest.mark.parametrize(
    ("page", "field"),
    [
        (CHANGE, "oldpassword"),
        (reverse("account_reauthenticate"), "password"),
        (reverse("account_reset_password"), ""),
    ],
)
def test_page_of_one_form_begins_in_it(confirmed: Browser, page: str, field: str) -> None:
    shown = (confirmed if field else Browser()).get(page).text
    assert with_focus(shown) == [field or "email"]


def test_second_factor_begins_in_its_code(ada: User) -> None:
    TOTP.activate(ada, generate_totp_secret())
    browser = Browser()
    page = browser.post(LOGIN, {"login": "ada", "password": PASSWORD}, follow=True).text
    assert with_focus(page) == ["code"]
    refused = browser.post(reverse("mfa_authenticate"), {"code": "000000"}).text
    assert with_focus(refused) == ["code"]
    assert_described(refused, "code")


def test_activation_shows_its_picture_before_the_cursor_is_in_the_code(confirmed: Browser) -> None:
    page = reverse("mfa_activate_totp")
    assert with_focus(confirmed.get(page).text) == []
    refused = confirmed.post(page, {"code": "000000"}).text
    assert with_focus(refused) == ["code"]
    assert_described(refused, "code")


def test_each_field_with_an_error_is_invalid_and_described_by_it(confirmed: Browser) -> None:
    refused = confirmed.post(CHANGE, {"oldpassword": "", "password1": "short", "password2": "other"}).text
    assert with_focus(refused) == ["oldpassword"]
    assert_described(refused, "oldpassword")
    assert_described(refused, "password1")


def test_address_that_is_none_is_described_beside_the_list(confirmed: Browser) -> None:
    page = reverse("account_email")
    assert with_focus(confirmed.get(page).text) == []
    refused = confirmed.post(page, {"email": "no address", "action_add": ""}).text
    assert with_focus(refused) == ["email"]
    assert_described(refused, "email")


def assert_described(page: str, name: str) -> None:
    """Assert that the field is invalid, and names the element with its error, which is an alert."""
    [field] = re.findall(rf'<input[^>]* name="{name}"[^>]*>', page)
    assert 'aria-invalid="true"' in field
    described = re.findall(r'aria-describedby="([^"]*)"', field)[0].split()
    assert f"id_{name}_error" in described
    for each in described:
        assert page.count(f'id="{each}"') == 1
    assert re.search(rf'<div class="wrong" role="alert"><ul class="errorlist" id="id_{name}_error">', page)
