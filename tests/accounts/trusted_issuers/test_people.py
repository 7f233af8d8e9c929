"""Subjects of ID-JAGs as people here: listed, linked, matched, added, or refused."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from pytest_django import Settings

from accounts.models import AccessToken, Event, IssuerSubject, TrustedIssuer, User
from tests.support.factories import make_user
from tests.support.flows import App
from tests.support.oauth.trusted_issuers import ACME, Signer, is_refused, list_subject, present, trust

pytestmark = pytest.mark.django_db

ADA: dict[str, Any] = {"email": "ada@acme.example", "email_verified": True}


@pytest.fixture
def sso(settings: Settings) -> None:
    app = {"provider_id": "sso", "name": "Acme", "client_id": "us", "secret": "s", "settings": {"server_url": ACME}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}


def person_of(app: App, signer: Signer, **claims: Any) -> User:
    answer = present(app, signer.id_jag(app, **claims))
    assert answer.status_code == 200, answer.content
    return AccessToken.objects.latest("pk").authorization.consent.user


def reason_of_refusal() -> str:
    return Event.objects.filter(outcome="refused").latest("pk").reason


def test_subject_that_is_not_listed_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    assert is_refused(present(app, acme.id_jag(app, sub="u019488227", **ADA)))
    assert reason_of_refusal() == "unknown_subject"


def test_single_sign_on_account_is_the_person(sso: None, acme: Signer, app: App, person: User) -> None:
    trust(acme, app, match="account")
    SocialAccount.objects.create(user=person, provider="sso", uid="U019488227")
    assert person_of(app, acme) == person
    assert is_refused_now(present(app, acme.id_jag(app, sub="somebody else")))


def test_account_at_another_provider_is_somebody_else(sso: None, app: App, person: User) -> None:
    other = Signer("https://idp.other.example")
    trust(other, app, match="account")
    SocialAccount.objects.create(user=person, provider="sso", uid="U019488227")
    SocialAccount.objects.create(user=person, provider="", uid="U019488227")
    assert is_refused(present(app, other.id_jag(app)))


def test_verified_address_is_the_person_and_stays_so_when_the_address_changes_hands(
    acme: Signer, app: App, db: None
) -> None:
    ada = make_user("ada", email="ada@acme.example")
    trust(acme, app, match="email")
    assert person_of(app, acme, **ADA) == ada
    ada.email = "new@acme.example"
    ada.save()
    EmailAddress.objects.filter(email="ada@acme.example").delete()
    heir = make_user("heir", email="ada@acme.example")
    assert person_of(app, acme, **ADA) == ada
    assert person_of(app, acme, **ADA, sub="the heir") == heir


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ada@acme.example"},
        {"email": "ada@acme.example", "email_verified": "true"},
        {"email": "ada@acme.example", "email_verified": 1},
        {"email": ["ada@acme.example"], "email_verified": True},
        {"email": "ada@acme.example\x00", "email_verified": True},
        {"email": "ADA\u0131@acme.example", "email_verified": True},
        {"email": "bob@acme.example", "email_verified": True},
        {"email": "a" * 300 + "@acme.example", "email_verified": True},
    ],
)
def test_address_that_the_issuer_did_not_verify_is_nobodys(
    acme: Signer, app: App, db: None, claims: dict[str, Any]
) -> None:
    make_user("ada", email="ada@acme.example")
    trust(acme, app, match="email")
    assert is_refused(present(app, acme.id_jag(app, **claims)))


def test_issuer_speaks_only_for_its_domains(acme: Signer, app: App, db: None) -> None:
    make_user("ada", email="ada@acme.example")
    make_user("eve", email="root@victim.example")
    trust(acme, app, match="email", email_domains="acme.example acme.org")
    assert is_refused(present(app, acme.id_jag(app, email="root@victim.example", email_verified=True)))
    assert is_refused(present(app, acme.id_jag(app, email="root@acme.example.evil.example", email_verified=True)))
    assert person_of(app, acme, **ADA).username == "ada"


def test_address_that_is_not_verified_here_is_nobodys(acme: Signer, app: App, person: User) -> None:
    EmailAddress.objects.create(user=person, email="ada@acme.example", verified=False)
    trust(acme, app, match="email", adds_people=True)
    assert is_refused(present(app, acme.id_jag(app, **ADA)))


def test_unknown_person_is_added_once_without_a_password(acme: Signer, app: App, db: None) -> None:
    row = trust(acme, app, match="email", adds_people=True)
    added = person_of(app, acme, **ADA, preferred_username="ada", given_name="Ada", family_name="Lovelace")
    assert person_of(app, acme, **ADA) == added
    assert (added.username, added.first_name, added.last_name) == ("ada", "Ada", "Lovelace")
    assert (added.email, added.has_usable_password()) == ("ada@acme.example", False)
    assert (added.is_staff, added.is_superuser, added.is_service) == (False, False, False)
    assert row.subjects.get().is_listed is False
    assert Event.objects.get(action="person added").user_id == added.pk


def test_person_who_is_added_by_the_provider_can_sign_in_there(sso: None, acme: Signer, app: App, db: None) -> None:
    trust(acme, app, match="account", adds_people=True)
    added = person_of(app, acme)
    assert SocialAccount.objects.get(provider="sso", uid="U019488227").user == added


def test_names_of_wrong_types_are_left_out(acme: Signer, app: App, db: None) -> None:
    trust(acme, app, match="email", adds_people=True)
    added = person_of(app, acme, preferred_username=["x"], given_name=1, family_name="\x00", name={"a": 1}, **ADA)
    assert (added.username, added.first_name, added.last_name) == ("ada", "", "")


def test_taken_username_is_not_given_to_another(acme: Signer, app: App, person: User) -> None:
    trust(acme, app, match="email", adds_people=True)
    added = person_of(app, acme, preferred_username=person.username, **ADA)
    assert added != person
    assert added.username != person.username


def test_number_of_people_that_an_issuer_adds_is_limited(acme: Signer, app: App, db: None) -> None:
    trust(acme, app, match="email", adds_people=True, most_people=2)
    for number in range(2):
        person_of(app, acme, sub=f"person {number}")
    before = User.objects.count()
    assert is_refused_now(present(app, acme.id_jag(app, sub="one more")))
    assert (reason_of_refusal(), User.objects.count()) == ("too_many_people", before)
    assert IssuerSubject.objects.count() == 2


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_service": True}])
def test_suspended_and_service_people_are_refused(
    acme: Signer, app: App, issuer: TrustedIssuer, person: User, change: dict[str, bool]
) -> None:
    User.objects.filter(pk=person.pk).update(**change)
    assert is_refused(present(app, acme.id_jag(app)))


def test_service_person_is_not_matched_by_address(acme: Signer, app: App, db: None) -> None:
    make_user("robot", email="ada@acme.example", is_service=True)
    trust(acme, app, match="email")
    assert is_refused(present(app, acme.id_jag(app, **ADA)))


def test_listed_subject_comes_before_every_match(acme: Signer, app: App, person: User) -> None:
    make_user("other", email="ada@acme.example")
    list_subject(trust(acme, app, match="email"), person)
    assert person_of(app, acme, **ADA) == person


def is_refused_now(response: Any) -> bool:
    return (response.status_code, response.json()["error"]) == (400, "invalid_grant")
