"""Every address in a page or a mail is under PUBLIC_URL, for any Host header of the request."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from tests.support.admin.pages import confirmed
from tests.support.factories import PASSWORD, make_user
from tests.support.oauth.identity_provider import Provider

pytestmark = pytest.mark.django_db

PUBLIC = "https://mcp.example.com"
EVIL = "evil.example.com:4444"


@pytest.fixture(autouse=True)
def any_host(settings: Settings) -> None:
    """ALLOWED_HOSTS with every host, as a careless operator may set it."""
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = PUBLIC, ["*"]


def browser_of(person: User) -> Browser:
    browser = Browser(headers={"host": EVIL})
    browser.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return browser


def links_of(message: Any) -> list[str]:
    """Return the addresses in a mail, which must contain no other reference to this server."""
    text = f"{message.subject} {message.body}"
    assert "evil" not in text
    return re.findall(r"https?://\S+", text)


def test_mail_for_a_new_password_leads_to_public_url() -> None:
    make_user("ada", email="ada@example.com")
    Browser(headers={"host": EVIL}).post(reverse("account_reset_password"), {"email": "ada@example.com"})
    [link] = links_of(mail.outbox[-1])
    assert link.startswith(f"{PUBLIC}/accounts/password/reset/key/")


def test_mail_that_proves_an_address_leads_to_public_url() -> None:
    browser_of(make_user("ada", password=PASSWORD)).post(
        reverse("account_email"), {"email": "new@example.com", "action_add": ""}
    )
    [link] = links_of(mail.outbox[-1])
    assert link.startswith(f"{PUBLIC}/accounts/confirm-email/")


def test_mail_about_an_address_that_is_taken_leads_to_public_url() -> None:
    make_user("ceo", email="ceo@example.com")
    browser_of(make_user("ada", password=PASSWORD)).post(
        reverse("account_email"), {"email": "ceo@example.com", "action_add": ""}
    )
    links = [link for message in mail.outbox for link in links_of(message)]
    assert links
    assert all(link.startswith(f"{PUBLIC}/") for link in links)


@pytest.mark.parametrize("is_sent", [True, False])
def test_link_that_admin_sends_or_shows_is_under_public_url(settings: Settings, is_sent: bool) -> None:
    settings.MAIL = is_sent
    admin = make_user("root", password=PASSWORD, is_staff=True, is_superuser=True)
    ada = make_user("ada", email="ada@example.com")
    act = reverse("admin:oauth_mcp_user_act", args=(ada.pk, "reset_password"))
    page = confirmed(browser_of(admin), act)
    told = str(mail.outbox[-1].body) if is_sent else page.text
    assert f"{PUBLIC}/accounts/password/reset/key/" in told
    assert "evil" not in told


def test_single_sign_on_comes_back_to_public_url(provider: Provider) -> None:
    sent = Browser(headers={"host": EVIL}).post(reverse("openid_connect_login", args=["sso"]))
    assert parse_qs(urlsplit(sent["Location"]).query)["redirect_uri"] == [
        f"{PUBLIC}{reverse('openid_connect_callback', args=['sso'])}"
    ]


def test_addresses_that_people_enter_are_still_proven() -> None:
    """The link of the mail works: its key is not changed on the way."""
    browser = browser_of(make_user("ada", password=PASSWORD))
    browser.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})
    [link] = links_of(mail.outbox[-1])
    browser.post(link.removeprefix(PUBLIC))
    assert EmailAddress.objects.get(email="new@example.com").verified


@pytest.mark.parametrize(
    ("public", "host", "status"),
    [
        ("https://mcp.example.com", "mcp.example.com", 200),
        ("https://mcp.example.com", "mcp.example.com:443", 200),
        ("https://mcp.example.com", "MCP.example.com:443", 200),
        ("https://mcp.example.com", "mcp.example.com:80", 400),
        ("https://mcp.example.com", "mcp.example.com:4444", 400),
        ("https://mcp.example.com:8443", "mcp.example.com:8443", 200),
        ("https://mcp.example.com:8443", "mcp.example.com", 200),
        ("https://mcp.example.com:8443", "mcp.example.com:443", 400),
        ("http://localhost", "localhost:80", 200),
        ("http://localhost", "localhost:443", 400),
        ("https://[2001:db8::1]", "[2001:db8::1]:443", 200),
        ("https://[2001:db8::1]", "[2001:db8::1]:9000", 400),
        # Further names in ALLOWED_HOSTS may have their own port.
        ("https://mcp.example.com", "mcp.internal:9000", 200),
    ],
)
def test_page_is_shown_at_the_port_of_public_url_alone(settings: Settings, public: str, host: str, status: int) -> None:
    settings.PUBLIC_URL = public
    settings.ALLOWED_HOSTS = ["mcp.example.com", "localhost", "[2001:db8::1]", "mcp.internal"]
    browser = Browser(headers={"host": host})
    assert browser.get(reverse("account_login")).status_code == status
    assert browser.get("/health").status_code == 200
    assert browser.get("/.well-known/oauth-authorization-server").status_code == 200


def test_with_debug_any_port_is_answered(settings: Settings) -> None:
    """`make run` on another port than the one in .env."""
    settings.DEBUG, settings.PUBLIC_URL, settings.ALLOWED_HOSTS = True, "http://localhost:9000", ["localhost"]
    assert Browser(headers={"host": "localhost:9001"}).get(reverse("account_login")).status_code == 200
