"""Other ways in, in a real browser: by a link in a mail, and by single sign-on."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, Screenshot
from tests.support.database import Template
from tests.support.oauth.http_client import App, register
from tests.support.oauth.identity_provider import Provider
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

NEW = "a-quite-new-and-long-one"
LINK = re.compile(r"http://\S+/accounts/password/reset/key/\S+?/(?=[\s\"\\]|$)")
ADA = """
User.objects.create_user("ada", email="ada@example.com", password="forgotten")
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(template: Template, provider: Provider) -> Iterator[LiveServer]:
    single_sign_on = {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": "us",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_NAME": "Example Inc.",
    }
    with LiveServer(template, env=single_sign_on) as running:
        running.shell(ADA)
        yield running


def newest_link(server: LiveServer, before: int) -> str:
    """The last of more than `before` links in the mails that the server printed; they leave after the reply."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        found = LINK.findall(server.log)
        if len(found) > before:
            return str(found[-1])
        time.sleep(0.1)
    raise AssertionError(f"No mail came:\n{server.log[-3000:]}")


def test_who_forgot_the_password_sets_a_new_one_by_mail(page: Page, server: LiveServer, screenshot: Screenshot) -> None:
    mails = len(LINK.findall(server.log))
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.locator("input[name=email]").fill("ada@example.com")
    screenshot(page, "reset")
    page.locator("main form button").first.click()
    expect(page).to_have_url(re.compile("/reset/done/"))
    page.goto(newest_link(server, mails))
    page.locator("input[name=password1]").fill(NEW)
    page.locator("input[name=password2]").fill(NEW)
    screenshot(page, "new-password")
    page.locator("main form button").first.click()
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("ada", exact=True).first).to_be_visible()


def test_who_comes_by_single_sign_on_goes_on_to_the_consent_that_was_asked_for(
    page: Page, server: LiveServer, screenshot: Screenshot
) -> None:
    registered = register(server, client_name="Browser Test App").json()
    app = App(server, registered["client_id"], registered["client_secret"])
    page.goto(app.authorization_url())
    page.get_by_role("button", name="Continue with Example Inc.").click()
    expect(page.get_by_role("heading", name="Browser Test App")).to_be_visible()
    screenshot(page, "consent-after-single-sign-on")
    expect(page.get_by_text("ada", exact=True).first).to_be_visible()
