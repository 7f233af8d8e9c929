"""Claims of an OpenID Connect provider that cannot be stored or have a wrong type."""

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import DataError
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import Event, User
from tests.support.factories import make_user
from tests.support.oauth.identity_provider import Provider
from tests.support.people.single_sign_on import arrive, signed_in, verified

pytestmark = pytest.mark.django_db

LONE = "\ud800"


@pytest.mark.parametrize(
    "claims",
    [
        {"nickname": "\x00"},
        {"picture": "x\x00"},
        {"name": f"Ada\x00 {LONE}"},
        {"groups": [{"a": f"a{LONE}\x00"}]},
        {"preferred_username": "ada\x00"},
    ],
)
def test_characters_that_the_database_cannot_store_are_left_out(
    provider: Provider, settings: Settings, claims: dict[str, Any]
) -> None:
    settings.OIDC_SIGN_UP = True
    provider.claims |= claims
    for _ in range(2):
        browser = Browser()
        assert arrive(browser).status_code == 200
        assert signed_in(browser) is not None
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "claims",
    [
        *({"given_name": {}}, {"name": []}, {"email": 7}, {"picture": {}}, {"preferred_username": True}),
        *({"sub": "4" * 400}, {"sub": ""}, {"sub": "\x00"}, {"sub": None}, {"sub": {}}, {"sub": True}),
    ],
)
def test_claims_of_a_wrong_type_are_a_page_and_add_no_person(
    provider: Provider, settings: Settings, claims: dict[str, Any]
) -> None:
    settings.OIDC_SIGN_UP = True
    provider.claims |= claims
    browser = Browser()
    assert arrive(browser).status_code == 503
    assert signed_in(browser) is None
    assert not User.objects.exists()


@pytest.fixture
def boss(provider: Provider) -> User:
    """A person with a verified address, who has signed in by the provider before."""
    boss = verified(make_user("boss"), "boss@example.com")
    SocialAccount.objects.create(user=boss, provider="sso", uid="42")
    provider.claims |= {"sub": "666", "email": "mallory@example.com"}
    return boss


@pytest.mark.parametrize("unstorable", ["\x00", LONE])
@pytest.mark.parametrize(
    "claims",
    [
        *({"sub": "42?"}, {"sub": "?42"}, {"sub": "4?2"}, {"sub?": "42"}, {"email?": "boss@example.com"}),
        *({"email": "bo?ss@example.com"}, {"email": "boss@example.com?"}, {"email": "boss@example.com?.evil.example"}),
        {"email": "boss@example.com", "email_verified": "tru?e"},
        {"email": "boss@example.com", "email_verified": False, "email_verified?": True},
        {"groups": [{"admin?": True}]},
    ],
)
def test_claim_that_equals_another_persons_only_without_such_characters_is_refused(
    provider: Provider, settings: Settings, boss: User, claims: dict[str, Any], unstorable: str
) -> None:
    settings.OIDC_SIGN_UP = True
    provider.claims |= json.loads(json.dumps(claims).replace("?", json.dumps(unstorable)[1:-1]))
    browser = Browser()
    assert arrive(browser).status_code == 503
    assert signed_in(browser) is None
    assert list(User.objects.all()) == [boss]
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["boss@example.com"]
    event = Event.objects.get(kind="sign_in")
    assert (event.outcome, event.reason) == ("failed", "unusable_answer")


def test_claim_that_is_configured_as_the_subject_counts_as_it_was_written(
    provider: Provider, settings: Settings, boss: User
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["uid_field"] = "oid"
    provider.claims["oid"] = "4\x002"
    browser = Browser()
    assert arrive(browser).status_code == 503
    assert signed_in(browser) is None
    provider.claims["oid"] = "42"
    arrive(browser)
    assert signed_in(browser) == boss


def test_person_and_account_are_written_together(
    provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OIDC_SIGN_UP = True

    def failing(*args: Any, **kwargs: Any) -> None:
        raise DataError("unsupported Unicode escape sequence")

    monkeypatch.setattr(SocialAccount, "save", failing)
    assert arrive(Browser()).status_code == 503
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
