"""In a real browser, the page of a tool shows the tool's app in a sandbox."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, ViewportSize, expect

from tests.browser.apps_pages import BOOKS
from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits, sign_in
from tests.support.database import Template
from tests.support.packaging.example_apps import write_library
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# Resolves once the window of the app is as high as its content.
FITS = """async html => {
    const gap = () => Math.abs(innerHeight - html.getBoundingClientRect().height);
    while (gap() > 2) await new Promise(done => setTimeout(done, 20));
}"""


@pytest.fixture(scope="module")
def trying(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("apps")
    write_library(folder)
    env = {"APPS": "library", "PYTHONPATH": str(folder), "DEBUG": "true"}
    with LiveServer(template, workers=1, env=env) as server:
        server.manage("makemigrations", "library", "--verbosity", "0")
        server.manage("migrate", "--verbosity", "0")
        server.manage("shell", "--verbosity", "0", "--command", BOOKS)
        yield server


@pytest.fixture(params=(1280, 390))
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    return ViewportSize(width=request.param, height=800)


def call(page: Page, trying: LiveServer, tool: str, **arguments: str) -> FrameLocator:
    """Sign in, call the tool on its page, and return its app."""
    page.goto(f"{trying.url}/tools/{tool}")
    if page.get_by_label("Password").count():
        sign_in(page)
    for name, value in arguments.items():
        page.get_by_label(name).fill(value)
    page.get_by_role("button", name="Call").click()
    return page.frame_locator("iframe.shown")


def show(page: Page, screenshot: Screenshot, name: str) -> None:
    """Keep a picture in light and in dark, which the app follows."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        app = page.frame_locator("iframe.shown").locator(f"html[data-theme={theme}]")
        expect(app).to_be_visible()
        # The frame is as high as the app.
        app.evaluate(FITS)
        assert_fits(page)
        screenshot(page, f"tools-page-app-{name}-{theme}")


def test_app_is_beside_the_result_and_has_no_origin(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    app = call(page, trying, "show_books")
    expect(app.get_by_role("row")).to_have_count(6)
    app.get_by_label("Search").press_sequentially("emma")
    expect(app.get_by_role("status")).to_have_text("1 of 5 books")
    app.get_by_label("Search").fill("")
    show(page, screenshot, "table")
    assert app.locator("html").evaluate("() => self.origin") == "null"
    refused = app.locator("html").evaluate(
        """() => Object.entries({
            cookies: () => document.cookie, page: () => parent.document.title, storage: () => localStorage.length,
        }).filter(([, reach]) => { try { reach(); } catch { return true; } }).map(([name]) => name)"""
    )
    assert refused == ["cookies", "page", "storage"]


def test_form_of_the_app_calls_its_tool_as_the_person(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    trying.manage("shell", "--verbosity", "0", "--command", BOOKS)
    app = call(page, trying, "propose_loan", title="dune")
    expect(app.get_by_role("heading")).to_have_text("Dune")
    show(page, screenshot, "form")
    app.get_by_role("button", name="Lend").click()
    expect(app.get_by_text("It is lent to demo.")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("The app tells the model:")
    screenshot(page, "tools-page-app-form-decided")


def test_chart_asks_in_the_chat(page: Page, trying: LiveServer, screenshot: Screenshot) -> None:
    app = call(page, trying, "chart_readers")
    expect(app.locator(".bar").first).to_be_visible()
    show(page, screenshot, "chart")
    app.get_by_role("button", name="demo").click()
    expect(page.get_by_role("log")).to_have_text("The app says in the chat, as you: Which books does demo have?")
