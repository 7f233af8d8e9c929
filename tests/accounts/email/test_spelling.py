"""Addresses that look alike, or that equal each other in another case mapping, stay distinct."""

import importlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse

from accounts.admin.people import PersonForm
from accounts.email import addresses as email_addresses
from accounts.email.spelling import canonical, stored
from accounts.models import Event, User
from accounts.people import importing, login_throttle
from accounts.people.single_sign_on import SingleSignOnAdapter
from tests.accounts.email.address_page import PAGE, claim, email_of, rows_of, signed_in
from tests.support.factories import PASSWORD, make_event, make_user

pytestmark = pytest.mark.django_db

ACCOUNTS = Path(email_addresses.__file__).parents[1]

# What is stored, and what a stranger writes with another letter: dotless i, long s, Kelvin sign, dotted capital I and
# the ligature fi, before and behind the @.
LOOK_ALIKES = [
    ("mike@github.com", "mike@g\u0131thub.com"),
    ("mike@github.com", "m\u0131ke@github.com"),
    ("boss@corp.example", "bo\u017f\u017f@corp.example"),
    ("boss@sales.example", "boss@\u017fale\u017f.example"),
    ("mike@github.com", "mi\u212ae@github.com"),
    ("mike@kiosk.example", "mike@\u212aiosk.example"),
    ("mike@github.com", "m\u0130ke@github.com"),
    ("mike@github.com", "mike@g\u0130thub.com"),
    ("finn@fish.example", "\ufb01nn@fish.example"),
    ("finn@fish.example", "finn@\ufb01sh.example"),
    ("mike@github.com", "mike@github\u3002com"),
]
look_alikes = pytest.mark.parametrize(("email", "other"), LOOK_ALIKES)


def ask_for_a_link(email: str) -> Any:
    return Browser().post(reverse("account_reset_password"), {"email": email})


def login_with(email: str, *, verified: bool = True, userinfo: Any = None) -> Any:
    """Return a sign-in at the provider as allauth makes it, with the address in lower case."""
    account = SimpleNamespace(extra_data={"userinfo": userinfo or {"email": email}})
    return SimpleNamespace(account=account, email_addresses=[EmailAddress(email=email.lower(), verified=verified)])


def person_of(login: Any) -> Any:
    adapter = SingleSignOnAdapter()
    adapter.new_user(RequestFactory().get("/"), login)
    return adapter.authenticate_by_email(login)


# --- Links for a new password --------------------------------------------------------------------


@pytest.mark.parametrize("loaded", [False, True])
@look_alikes
def test_a_reset_link_is_mailed_to_the_stored_address_alone(email: str, other: str, loaded: bool) -> None:
    person = make_user("person", email=email)
    if loaded:
        EmailAddress.objects.all().delete()
        User.objects.filter(pk=person.pk).update(email=email)
    before = rows_of(person)
    ask_for_a_link(other)
    assert not mail.outbox
    assert (rows_of(person), email_of(person)) == (before, email)
    ask_for_a_link(email.upper())
    assert [message.to for message in mail.outbox] == [[email]]
    assert rows_of(person) == {email: (True, True)}


def test_an_address_written_in_bulk_in_capital_letters_gets_its_link() -> None:
    person = make_user("person")
    User.objects.filter(pk=person.pk).update(email="Mike@GitHub.com")
    ask_for_a_link("mike@github.com")
    assert [message.to for message in mail.outbox] == [["mike@github.com"]]
    assert rows_of(person) == {"mike@github.com": (True, True)}
    assert email_of(person) == "mike@github.com"


def test_an_international_domain_is_stored_and_found_in_its_encoded_form() -> None:
    person = make_user("anna", email="Anna@b\u00fccher.example")
    assert email_of(person) == "anna@xn--bcher-kva.example"
    ask_for_a_link("anna@b\u00fccher.example")
    assert [message.to for message in mail.outbox] == [["anna@xn--bcher-kva.example"]]


# --- Single sign-on ------------------------------------------------------------------------------


@look_alikes
def test_an_address_that_only_looks_the_same_is_another(email: str, other: str) -> None:
    person = make_user("person", email=email, is_superuser=True)
    before = rows_of(person)
    assert person_of(login_with(other)) is None
    assert SingleSignOnAdapter().authenticate_by_email(login_without_clean_up(other)) is None
    assert rows_of(person) == before
    assert person_of(login_with(email.upper())) == (person, email)


def login_without_clean_up(email: str) -> Any:
    return SimpleNamespace(email_addresses=[EmailAddress(email=email, verified=True)])


# --- What is written -----------------------------------------------------------------------------


@look_alikes
def test_an_address_that_only_looks_like_another_cannot_be_claimed(email: str, other: str) -> None:
    person = make_user("person", email=email)
    mallory = make_user("mallory", password=PASSWORD)
    signed_in(mallory).post(PAGE, {"email": other, "action_add": ""})
    assert email not in rows_of(mallory)
    assert not any(verified for verified, _ in rows_of(mallory).values())
    claim(person, stored(other))
    assert rows_of(person)[email] == (True, True)
    assert rows_of(person)[stored(other)] == (False, False)


@look_alikes
def test_removing_a_look_alike_leaves_the_address(email: str, other: str) -> None:
    person = make_user("person", email=email)
    claim(person, stored(other)).delete()
    assert (email_of(person), rows_of(person)) == (email, {email: (True, True)})


def test_the_operator_is_shown_how_to_write_an_address() -> None:
    form = PersonForm({"email": "bo\u017f\u017f@corp.example"}, instance=make_user("person"))
    assert "ASCII" in str(form.errors["email"])


def test_an_imported_address_that_cannot_be_entered_is_left_out() -> None:
    make_user("here", email="boss@corp.example")
    assert "ASCII" in importing.problem_of_email("bo\u017f\u017f@corp.example")
    assert "belongs to another person" in importing.problem_of_email("Boss@Corp.example")
    assert importing.problem_of_email("new@corp.example") == ""


def test_a_row_that_the_operator_writes_is_kept_in_the_one_spelling() -> None:
    person = make_user("anna")
    EmailAddress.objects.create(user=person, email="Anna@B\u00fccher.example".lower(), verified=True)
    assert rows_of(person) == {"anna@xn--bcher-kva.example": (True, False)}


# --- The spelling --------------------------------------------------------------------------------


@look_alikes
def test_a_look_alike_has_another_spelling(email: str, other: str) -> None:
    assert stored(other) != email


@pytest.mark.parametrize(
    "email",
    [
        "m\u0131ke@github.com",
        "mi\u212ae@github.com",
        "mike@\ufb01sh.example",
        "mike@github\u3002com",
        "mike@B\u00dcCHER.example",
        "mike@" + "\u00fc" * 100_000,
    ],
)
def test_an_address_that_is_not_canonical_is_refused_with_a_sentence(email: str) -> None:
    with pytest.raises(ValidationError, match="Write"):
        canonical(email)


@pytest.mark.parametrize("path", sorted(ACCOUNTS.rglob("*.py")), ids=str)
def test_no_code_compares_addresses_without_regard_to_case_in_the_database(path: Path) -> None:
    assert not re.search(r"email\w*__i(exact|contains|startswith|endswith|regex|n_)", path.read_text())


def test_a_name_that_only_looks_the_same_has_not_signed_in_before() -> None:
    request = RequestFactory().get("/")
    make_event(Event.Kind.SIGN_IN, outcome=Event.Outcome.OK, username="m\u0131ke", address="127.0.0.1")
    assert not login_throttle.signed_in_before(request, "mike")
    assert login_throttle.signed_in_before(request, "M\u0131ke")


# --- The upgrade ---------------------------------------------------------------------------------


def test_upgrade_lowers_addresses_and_distrusts_look_alikes() -> None:
    mike = make_user("mike", email="mike@github.com")
    anna = make_user("anna")
    make_user("bob", email="bob@example.com")
    eve = make_user("eve")
    User.objects.filter(pk=anna.pk).update(email="Anna@Example.com")
    User.objects.filter(pk=eve.pk).update(email="Bob@example.com")
    EmailAddress.objects.bulk_create(
        [
            EmailAddress(user=mike, email="mike@g\u0131thub.com", verified=True),
            EmailAddress(user=anna, email="Anna@Example.com", verified=True, primary=True),
        ]
    )
    module = importlib.import_module("accounts.migrations.0014_lower_case_emails")
    for step in (module.lower, module.distrust_look_alikes):
        step(apps, connection.schema_editor())
    assert rows_of(mike) == {"mike@github.com": (True, True), "mike@g\u0131thub.com": (False, False)}
    assert (email_of(anna), rows_of(anna)) == ("anna@example.com", {"anna@example.com": (True, True)})
    assert email_of(eve) == "Bob@example.com"
