"""In a real browser, somebody fills in nested objects and lists on the page of a tool."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Screenshot
from tests.browser.pages import assert_fits, sign_in
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def trying(template: Template) -> Iterator[LiveServer]:
    server = LiveServer(template, workers=1, env={"DJANGO_SETTINGS_MODULE": "tests.browser.settings", "DEBUG": "true"})
    with server:
        server.manage("migrate", "--verbosity", "0")
        yield server


def press(page: Page, button: str, key: str = "Enter") -> None:
    """Press a button by the keyboard, and wait for the page that comes."""
    page.get_by_role("button", name=button, exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press(key)


def test_nested_form_is_filled_in_by_keyboard(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    page.goto(f"{trying.url}/tools/price_order")
    sign_in(page)
    page.get_by_label("customer").fill("Ada")
    page.get_by_label("article").fill("Nut")
    press(page, "Add an item to lines")
    expect(page.get_by_label("article").nth(1)).to_be_focused()
    page.keyboard.type("Bolt")
    page.get_by_label("count").nth(1).fill("4")
    press(page, "Add ship_to", " ")
    expect(page.get_by_label("street")).to_be_focused()
    page.keyboard.type("Elm Street")
    press(page, "Add an item to labels")
    press(page, "Remove labels 1")
    expect(page.get_by_role("button", name="Add an item to labels")).to_be_focused()
    page.get_by_label("Monday").check()
    assert_fits(page)
    screenshot(page, "nested-form")

    # Enter calls the tool, whose errors stand at their fields.
    page.get_by_label("street").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This field is required.")
    assert_fits(page)
    screenshot(page, "nested-form-error")
    page.get_by_label("city").fill("Delft")
    page.get_by_role("button", name="Call").click()

    table = page.get_by_role("region", name="The result as a table")
    expect(table.get_by_role("row", name="Bolt 4 10.0").last).to_be_visible()
    expect(table).to_contain_text("Monday")
    assert_fits(page)
    screenshot(page, "nested-result")

    page.goto(f"{trying.url}/tools/price_order")
    expect(page.get_by_label("street")).to_have_value("Elm Street")
    assert_fits(page)
    screenshot(page, "nested-kept")
    page.get_by_role("button", name="Clear them").click()
    expect(page.get_by_label("article")).to_have_value("")


def test_nested_form_needs_no_script(browser: Browser, trying: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{trying.url}/tools/price_order")
    sign_in(page)
    page.get_by_label("customer").fill("Ada")
    page.get_by_label("article").fill("Nut")
    page.get_by_role("button", name="Add an item to lines").click()
    page.get_by_role("button", name="Remove lines 2").click()
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("row", name="Nut 1 2.5").last).to_be_visible()
    context.close()
