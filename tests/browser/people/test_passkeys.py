"""In a real browser, somebody adds a passkey by one button, and signs in by another."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits
from tests.support.database import Template
from tests.support.people.authenticators import DEVICE
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PASSWORD = "a-long-password-of-theirs"
# One that stores no passkeys and knows no PIN.
OLD_KEY = {**DEVICE, "transport": "usb", "hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}


class Authenticators:
    """The virtual authenticators of a tab, of which one is there at a time."""

    def __init__(self, page: Page) -> None:
        self.devtools: CDPSession = page.context.new_cdp_session(page)
        self.devtools.send("WebAuthn.enable")
        self.current = ""

    def use(self, options: dict[str, Any]) -> None:
        if self.current:
            self.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.current})
        added = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.current = str(added["authenticatorId"])


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template, workers=1) as running:
        yield running


@pytest.fixture
def authenticators(page: Page) -> Authenticators:
    found = Authenticators(page)
    found.use(DEVICE)
    return found


@pytest.fixture
def name(server: LiveServer, request: pytest.FixtureRequest) -> str:
    """A person of this test's own."""
    chosen = re.sub(r"\W+", "-", request.node.name)[-100:]
    server.add_person(chosen, PASSWORD)
    return chosen


def sign_in(page: Page, server: LiveServer, name: str) -> None:
    page.goto(f"{server.url}/accounts/login/?next=/accounts/2fa/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()


def confirm(page: Page) -> None:
    """Sensitive actions ask for the password once more."""
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def add_the_first(page: Page, server: LiveServer, name: str) -> None:
    sign_in(page, server, name)
    page.get_by_role("button", name="Add a passkey").click()
    confirm(page)
    # Nothing more was pressed: the browser asked as soon as the person was back.
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def sign_out(page: Page, server: LiveServer) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are not signed in.")).to_be_visible()


def test_passkey_is_added_by_one_button_and_signs_in_by_one(
    page: Page, server: LiveServer, authenticators: Authenticators, name: str, screenshot: Screenshot
) -> None:
    add_the_first(page, server, name)
    expect(page.get_by_role("status").first).to_have_text("Passkey added.")

    page.goto(f"{server.url}/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="Chrome on Linux passkey")).to_be_visible()
    screenshot(page, "passkeys")
    assert_fits(page)
    page.get_by_role("link", name="Rename").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="My laptop passkey")).to_be_visible()

    sign_out(page, server)
    page.goto(f"{server.url}/accounts/login/?next=/apps")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(name)


def test_further_key_takes_one_button_and_no_page_before_it(
    page: Page, server: LiveServer, authenticators: Authenticators, name: str, screenshot: Screenshot
) -> None:
    add_the_first(page, server, name)
    page.goto(f"{server.url}/accounts/2fa/webauthn/")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device or security key has been added already.")
    screenshot(page, "passkey-refused")
    assert_fits(page)

    authenticators.use(OLD_KEY)
    visited: list[str] = []
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Security key security key", exact=True)).to_be_visible()
    assert visited == [f"{server.url}/accounts/2fa/webauthn/"]

    # It signs in after the password, as it stores no passkey.
    sign_out(page, server)
    page.goto(f"{server.url}/accounts/login/?next=/apps")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    screenshot(page, "security-key-asked")
    assert_fits(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()


def test_device_without_a_passkey_is_told_so_on_the_page(
    page: Page, server: LiveServer, authenticators: Authenticators, screenshot: Screenshot
) -> None:
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    screenshot(page, "passkey-cancelled")
    assert_fits(page)


def test_refused_passkey_keeps_where_the_person_wants_to_go(
    page: Page, server: LiveServer, authenticators: Authenticators, name: str
) -> None:
    add_the_first(page, server, name)
    sign_out(page, server)
    server.shell(
        "from allauth.mfa.models import Authenticator; "
        f"print(Authenticator.objects.filter(user__username={name!r}).delete()[0])"
    )
    page.goto(f"{server.url}/accounts/login/?next=/apps")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert").first).to_have_text(
        "This passkey was not accepted. Try again, or use another way."
    )
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
