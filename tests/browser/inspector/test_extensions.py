"""MCP Inspector 2.12 shows the apps of docs/apps.md and the skills of this server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.apps_pages import BOOKS
from tests.browser.inspector.web_app import Inspector, connect_2
from tests.support.database import Template
from tests.support.packaging.example_apps import write_library
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def library(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("apps")
    write_library(folder)
    with LiveServer(template, env={"APPS": "library", "PYTHONPATH": str(folder)}) as server:
        server.manage("makemigrations", "library", "--verbosity", "0")
        server.manage("migrate", "--verbosity", "0")
        server.manage("shell", "--verbosity", "0", "--command", BOOKS)
        yield server


@pytest.fixture
def connected(tab: Page, inspector_2: Inspector, library: LiveServer) -> Iterator[Page]:
    options = ("--server-url", library.mcp_url, "--transport", "http", "--protocol-era", "modern")
    with inspector_2.running("--web", *options):
        connect_2(tab, inspector_2)
        yield tab


def open_app(tab: Page, title: str) -> FrameLocator:
    """Choose the tool of an app, and return the frame within Inspector's sandbox that shows it."""
    tab.get_by_text("Apps", exact=True).first.click()
    tab.get_by_text(title, exact=True).click()
    return tab.frame_locator("iframe").frame_locator("iframe")


def test_inspector_shows_the_app_of_a_table(connected: Page, screenshots_folder: Path) -> None:
    app = open_app(connected, "Show books")
    # Inspector asks for the arguments first, and opens an app without any at once.
    connected.get_by_role("button", name="Open App").first.click()

    expect(app.get_by_text("5 of 5 books")).to_be_visible()
    app.get_by_label("Search").fill("kim")
    expect(app.get_by_text("1 of 5 books")).to_be_visible()
    connected.screenshot(path=screenshots_folder / "inspector-2-app.png")


def test_inspector_shows_the_app_of_a_chart(connected: Page) -> None:
    expect(open_app(connected, "Chart readers").get_by_text("demo").first).to_be_visible()


def test_inspector_lists_the_skills(connected: Page) -> None:
    connected.get_by_text("Skills", exact=True).first.click()
    expect(connected.get_by_text("using-this-server").first).to_be_visible()
