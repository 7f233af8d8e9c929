"""Sign-in by an OpenID Connect provider: a small real one, on loopback."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.fetching import pending_fetches
from accounts.models import User
from tests.support.factories import make_user
from tests.support.oauth.identity_provider import Provider
from tests.support.people.single_sign_on import arrive, signed_in, verified

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("provider")
def test_sign_in_page_shows_the_provider() -> None:
    assert "Continue with Example Inc." in Browser().get(reverse("account_login")).content.decode()


@pytest.mark.usefixtures("provider")
def test_a_person_with_a_verified_address_is_signed_in_and_goes_on() -> None:
    ada = verified(make_user("ada"))
    browser = Browser()
    page = arrive(browser, wanted="/apps")
    assert signed_in(browser) == ada
    assert page.request["PATH_INFO"] == "/apps"
    # The next time the provider's subject identifies them, with any address.
    EmailAddress.objects.all().delete()
    again = Browser()
    arrive(again)
    assert signed_in(again) == ada


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "false"}, {"email": None}]
)
def test_address_that_the_provider_has_not_verified_signs_no_person_in(
    provider: Provider, claims: dict[str, Any]
) -> None:
    verified(make_user("ada"))
    provider.claims |= claims
    browser = Browser()
    arrive(browser)
    assert signed_in(browser) is None


@pytest.mark.usefixtures("provider")
def test_address_that_is_not_verified_here_signs_no_person_in() -> None:
    """Otherwise a person could enter the address of another and wait for them to sign in."""
    verified(make_user("mallory"), verified=False)
    browser = Browser()
    arrive(browser)
    assert signed_in(browser) is None


@pytest.mark.usefixtures("provider")
def test_address_that_the_operator_wrote_is_that_persons_in_capital_letters_too() -> None:
    verified(make_user("mallory"), verified=False)
    ada = make_user("ada", email="ADA@Example.com")
    browser = Browser()
    arrive(browser)
    assert signed_in(browser) == ada


@pytest.mark.parametrize("sign_up", [False, True])
@pytest.mark.parametrize("letter", ["\u017f", "\u212a", "\u0130", "\u0131", "\ufb01"])
def test_address_with_a_letter_that_maps_to_another_is_not_that_persons(
    provider: Provider, settings: Settings, letter: str, sign_up: bool
) -> None:
    settings.OIDC_SIGN_UP = sign_up
    boss = make_user("boss", email="sakifi@corp.example", is_superuser=True)
    usual = {"\u017f": "s", "\u212a": "k", "\u0130": "i", "\u0131": "i", "\ufb01": "fi"}[letter]
    provider.claims["email"] = "sakifi@corp.example".replace(usual, letter, 1)
    browser = Browser()
    arrive(browser)
    assert signed_in(browser) != boss
    assert list(EmailAddress.objects.values_list("user", "email")) == [(boss.pk, "sakifi@corp.example")]


@pytest.mark.usefixtures("provider")
def test_no_person_is_added_with_an_address_that_was_entered_here(settings: Settings) -> None:
    settings.OIDC_SIGN_UP = True
    verified(make_user("mallory"), verified=False)
    browser = Browser()
    page = arrive(browser)
    assert (page.status_code, signed_in(browser)) == (200, None)
    assert User.objects.count() == 1


@pytest.mark.parametrize("claims", [{"email_verified": None}, {"email_verified": "false"}])
def test_a_person_who_is_added_with_an_unverified_address_has_it_unverified(
    provider: Provider, settings: Settings, claims: dict[str, Any]
) -> None:
    settings.OIDC_SIGN_UP = True
    provider.claims |= claims
    browser = Browser()
    arrive(browser)
    added = signed_in(browser)
    assert added is not None
    assert added.email == ""
    address = EmailAddress.objects.get()
    assert (address.verified, address.primary) == (False, False)


def test_provider_that_is_down_is_a_page(provider: Provider, settings: Settings) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://127.0.0.1:9"
    page = Browser(raise_request_exception=False).post(reverse("openid_connect_login", args=["sso"]))
    assert page.status_code == 503
    assert "Single sign-on failed" in page.content.decode()


@pytest.mark.usefixtures("provider")
def test_another_page_cannot_start_it() -> None:
    assert Browser().get(reverse("openid_connect_login", args=["sso"])).status_code == 200
    checked = Browser(enforce_csrf_checks=True)
    assert checked.post(reverse("openid_connect_login", args=["sso"])).status_code == 403


@pytest.mark.usefixtures("provider")
def test_an_unknown_person_is_asked_to_contact_the_operator() -> None:
    browser = Browser()
    page = arrive(browser)
    assert signed_in(browser) is None
    assert "Ask the operator" in page.content.decode()
    assert not User.objects.exists()


@pytest.mark.usefixtures("provider")
def test_an_unknown_person_is_added_where_that_is_set(settings: Settings) -> None:
    settings.OIDC_SIGN_UP = True
    browser = Browser()
    arrive(browser)
    added = signed_in(browser)
    assert added is not None
    assert (added.email, added.is_staff, added.has_usable_password()) == ("ada@example.com", False, False)
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("ada@example.com", True, True)


@pytest.mark.usefixtures("provider")
def test_a_suspended_person_cannot_sign_in() -> None:
    verified(make_user("ada", is_active=False))
    browser = Browser()
    arrive(browser)
    assert signed_in(browser) is None


@pytest.mark.usefixtures("provider")
def test_unrequested_answer_signs_no_person_in() -> None:
    verified(make_user("ada"))
    browser = Browser()
    browser.get(reverse("openid_connect_callback", args=["sso"]), {"code": "c", "state": "made-up"})
    assert signed_in(browser) is None


def test_a_provider_that_hangs_is_waited_for_by_few_requests(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_fetches.waiting(), "total", 0)
    refused = Browser().post(reverse("openid_connect_login", args=["sso"]))
    assert refused.status_code == 503
    monkeypatch.undo()
    assert arrive(Browser()).status_code == 200
