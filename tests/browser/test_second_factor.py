"""In a real browser, somebody protects their account by an authenticator app, and signs in by its codes."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits
from tests.support.database import Template
from tests.support.people.one_time_codes import code_with_time_left
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PASSWORD = "a-long-password-of-theirs"


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    with LiveServer(template, workers=1) as running:
        for name in ("ada-1280", "ada-375"):
            running.add_person(name, PASSWORD)
        yield running


@pytest.fixture
def suffix(viewport: dict[str, int]) -> int:
    return viewport["width"]


def sign_in(page: Page, server: LiveServer, name: str) -> None:
    page.goto(f"{server.url}/accounts/login/?next=/apps")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def confirm(page: Page) -> None:
    """Sensitive pages ask for the password once more."""
    page.wait_for_url(re.compile(r"/accounts/(reauthenticate|2fa/.+)/"))
    if page.get_by_role("heading", name="Confirm it is you").count():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()


def sign_out(page: Page, server: LiveServer) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are not signed in.")).to_be_visible()


def test_authenticator_app_is_asked_for_from_then_on(
    page: Page, server: LiveServer, suffix: int, screenshot: Screenshot
) -> None:
    name = f"ada-{suffix}"
    sign_in(page, server, name)
    page.get_by_role("link", name="Second factor").click()
    screenshot(page, "second-factor")
    assert_fits(page)
    page.get_by_role("link", name="Activate").click()
    confirm(page)
    secret = page.get_by_label("Authenticator secret").inner_text()
    screenshot(page, "authenticator-app")
    assert_fits(page)
    code, used = code_with_time_left(secret)
    page.get_by_label("Authenticator code").fill(code)
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("recovery codes", exact=False).first).to_be_visible()
    screenshot(page, "recovery-codes")
    assert_fits(page)

    sign_out(page, server)
    sign_in(page, server, name)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    expect(page.get_by_text("one of your recovery codes")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    screenshot(page, "second-factor-asked")
    assert_fits(page)
    page.get_by_role("textbox").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_role("textbox").fill(code_with_time_left(secret, after_period=used)[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
