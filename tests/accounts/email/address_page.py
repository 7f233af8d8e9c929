"""The page of a person's email addresses, and the addresses that are stored."""

from allauth.account.models import EmailAddress
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from tests.support.factories import PASSWORD

PAGE = reverse("account_email")


def email_of(person: User) -> str:
    person.refresh_from_db()
    return person.email


def rows_of(person: User) -> dict[str, tuple[bool, bool]]:
    """Return, for each address, whether it is verified and primary."""
    rows = EmailAddress.objects.filter(user=person)
    return {row.email: (row.verified, row.primary) for row in rows}


def claim(person: User, email: str) -> EmailAddress:
    return EmailAddress.objects.create(user=person, email=email)


def signed_in(person: User) -> Browser:
    """Return a browser in which the person signed in just now, so that no reauthentication is needed."""
    browser = Browser()
    browser.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser
