"""Emails name this server: as the sender, in the subject and in the text, whatever characters SERVER_NAME has."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.email import sender
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "library@example.com"


@pytest.fixture(autouse=True)
def of_the_library(settings: Settings) -> None:
    settings.SERVER_NAME, settings.DEFAULT_FROM_EMAIL = "City Library", ADDRESS


def received() -> EmailMessage:
    """Return the only email as its recipient's program reads it."""
    [sent] = mail.outbox
    parsed = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def ask_for_a_new_password() -> EmailMessage:
    make_user("ada", email="ada@example.com")
    Browser().post(reverse("account_reset_password"), {"email": "ada@example.com"})
    return received()


def text_of(message: EmailMessage) -> str:
    return str(message.get_content())


def test_email_for_a_new_password_names_the_server() -> None:
    message = ask_for_a_new_password()
    assert parseaddr(str(message["From"])) == ("City Library", ADDRESS)
    assert message["Subject"] == "[City Library] Choose a new password"
    assert "the account ada at City Library" in text_of(message)
    assert "\n-- \nCity Library\n" in text_of(message)


def test_email_that_confirms_an_address_names_the_server() -> None:
    make_user("ada", password=PASSWORD)
    browser = Browser()
    browser.post(reverse("account_login"), {"login": "ada", "password": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    browser.post(reverse("account_email"), {"email": "ada@home.example.com", "action_add": ""})
    message = received()
    assert parseaddr(str(message["From"])) == ("City Library", ADDRESS)
    assert message["Subject"] == "[City Library] Confirm your email address"
    assert "the account ada at City Library" in text_of(message)
    assert "\n-- \nCity Library\n" in text_of(message)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("City\r\nBcc: everybody@example.com\r\n\r\nLibrary", "City Bcc: everybody@example.com Library"),
        ('The "City" Library, <b>&co', 'The "City" Library, <b>&co'),
        ("a@example.com, b@example.com", "a@example.com, b@example.com"),
        ("Bücherei 図書館", "Bücherei 図書館"),
        ("Back\\slash\x00\x1b\u202eevil", "Back\\slashevil"),
        ("図" * 300, "図" * 60),
    ],
    ids=["lines", "quotes", "addresses", "letters", "controls", "length"],
)
def test_name_of_any_characters_stays_within_its_header(settings: Settings, name: str, shown: str) -> None:
    settings.SERVER_NAME = name
    message = ask_for_a_new_password()
    [origin] = message["From"].addresses
    assert (origin.display_name, origin.addr_spec) == (shown, ADDRESS)
    # A long header begins on a line of its own.
    assert message["Subject"].strip() == f"[{shown}] Choose a new password"
    assert set(message.keys()) == {
        *("Content-Type", "MIME-Version", "Content-Transfer-Encoding"),
        *("Subject", "From", "To", "Date", "Message-ID"),
    }
    assert shown in text_of(message)


def test_sender_that_the_operator_named_is_kept(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = f"Front Desk <{ADDRESS}>"
    assert parseaddr(str(ask_for_a_new_password()["From"])) == ("Front Desk", ADDRESS)


def test_server_without_a_name_sends_from_its_address_alone(settings: Settings) -> None:
    settings.SERVER_NAME = " \n"
    message = ask_for_a_new_password()
    assert str(message["From"]) == ADDRESS
    assert message["Subject"] == "Choose a new password"


def test_empty_sender_stays_empty(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = ""
    assert sender.from_address() == ""
