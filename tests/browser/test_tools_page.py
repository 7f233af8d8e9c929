"""In a real browser, somebody tries their tools on the page that is there while DEBUG is on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits, sign_in
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

BOOK = "Book.objects.create(title='Dune', author=Author.objects.create(name='Frank Herbert'), isbn='1')"


@pytest.fixture(scope="module")
def trying(template: Template) -> Iterator[LiveServer]:
    server = LiveServer(template, workers=1, env={"DJANGO_SETTINGS_MODULE": "tests.settings", "DEBUG": "true"})
    with server:
        server.manage("migrate", "--verbosity", "0")
        server.shell(f"from tests.library.models import Author, Book\n{BOOK}")
        yield server


def test_tool_is_found_filled_in_and_called(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    page.goto(trying.url)
    page.get_by_role("link", name="try your tools").click()
    sign_in(page)
    expect(page.get_by_role("heading", name="Your tools")).to_be_visible()
    assert_fits(page)
    screenshot(page, "tools")

    page.get_by_role("link", name="Echo").click()
    page.get_by_label("text").fill("Hello there")
    page.get_by_role("button", name="Call").click()
    expect(page.locator("pre.shown").first).to_have_text("Hello there")
    expect(page.get_by_label("text")).to_have_value("Hello there")
    assert_fits(page)
    screenshot(page, "tool-result")


def test_question_is_answered(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    page.goto(f"{trying.url}/tools/lend_book")
    sign_in(page)
    page.get_by_label("book").fill("1")
    page.get_by_label("until").fill("2030-01-01")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_text("Lend Dune until 2030-01-01?")).to_be_visible()
    assert_fits(page)
    screenshot(page, "tool-question")

    # Nothing is chosen for whoever is asked.
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("alert")).to_contain_text("This field is required")
    page.get_by_label("Sure").select_option("no")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("pre.shown").first).to_have_text("Nothing was lent.")


def test_error_is_told_as_one(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    page.goto(f"{trying.url}/tools/get_time")
    sign_in(page)
    page.get_by_label("timezone").fill("Nowhere")
    page.get_by_role("button", name="Call").click()
    expect(page.get_by_role("alert")).to_have_text("The tool returned an error.")
    assert_fits(page)
    screenshot(page, "tool-error")
