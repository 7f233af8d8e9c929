"""In a real browser: where the cursor is on forms, what screen readers read of errors, and the way back from limits."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PASSWORD = "a-long-password-of-theirs"
WANTED = "/apps"


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    # The limit is over so soon that a test sees it end.
    with LiveServer(template, workers=1, env={"LIMIT_SIGN_INS_NAME": "2/6second"}) as running:
        yield running


@pytest.fixture
def name(server: LiveServer, request: pytest.FixtureRequest) -> str:
    """A person of this test's own."""
    chosen = re.sub(r"\W+", "-", request.node.name)[-100:]
    server.add_person(chosen, PASSWORD)
    return chosen


def open_sign_in(page: Page, server: LiveServer, query: str = "") -> None:
    page.goto(f"{server.url}/accounts/login/?next={WANTED}{query}")


def send(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def described_by(field: Locator) -> str:
    """Return what a screen reader reads after the name of `field`."""
    return str(
        field.evaluate("field => field.ariaDescribedByElements.map(element => element.textContent.trim()).join(' ')")
    )


def test_cursor_is_where_the_person_types_next(page: Page, server: LiveServer, name: str) -> None:
    open_sign_in(page, server)
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(name)
    send(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()


def test_cursor_is_in_the_password_where_the_app_named_the_person(page: Page, server: LiveServer, name: str) -> None:
    open_sign_in(page, server, f"&login_hint={name}")
    expect(page.get_by_label("Username")).to_have_value(name)
    expect(page.get_by_label("Password")).to_be_focused()


def test_wrong_field_has_the_cursor_and_is_described_by_its_error(
    page: Page, server: LiveServer, name: str, screenshot: Screenshot
) -> None:
    open_sign_in(page, server)
    page.get_by_label("Username").fill(name)
    send(page, PASSWORD)
    page.goto(f"{server.url}/accounts/password/change/")
    page.get_by_label("Current password").fill(PASSWORD)
    # Its label, with the mark of a required field, begins that of the next one.
    page.locator("[name=password1]").fill("another-long-password-1")
    page.get_by_label("New password (again)").fill("another-long-password-2")
    page.get_by_role("button", name="Change password").click()
    again = page.get_by_label("New password (again)")
    expect(again).to_be_focused()
    expect(again).to_have_attribute("aria-invalid", "true")
    assert "same password" in described_by(again)
    expect(page.get_by_label("Current password")).not_to_have_attribute("aria-invalid", "true")
    screenshot(page, "password-change-wrong")
    assert_fits(page)


def test_page_for_too_many_attempts_leads_back_once_the_wait_is_over(
    page: Page, server: LiveServer, name: str, screenshot: Screenshot
) -> None:
    open_sign_in(page, server)
    while page.get_by_role("heading", name="Too many attempts").count() == 0:
        page.get_by_label("Username").fill(name)
        send(page, "wrong")
        page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_contain_text("Please wait")
    screenshot(page, "too-many-attempts")
    assert_fits(page)
    expect(page.get_by_role("status")).to_have_text("You can try again now.")
    page.get_by_role("link", name="Try again").click()
    page.get_by_label("Username").fill(name)
    send(page, PASSWORD)
    expect(page.get_by_role("heading", name="Your apps")).to_be_visible()
