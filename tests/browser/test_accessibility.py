"""Pages that accessible/ does not open: those that exist only with DEBUG, and the one after too many attempts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import FOLDER
from tests.browser.conftest import DESKTOP, new_tab
from tests.browser.grants.conftest import NARROW
from tests.browser.grants.looks import faults
from tests.browser.pages import sign_in
from tests.clients.conftest import install_node_packages
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def trying(template: Template) -> Iterator[LiveServer]:
    install_node_packages(FOLDER)
    with LiveServer(template, workers=1, env={"DEBUG": "true"}) as server:
        yield server


# Colours do not depend on the width, so two of the four combinations show all of both.
@pytest.fixture(params=[("light", DESKTOP), ("dark", NARROW)], ids=["light-desktop", "dark-phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, viewport = request.param
    with new_tab(browser, viewport, color_scheme=scheme) as tab:
        yield tab


def test_pages_of_tools_are_accessible(page: Page, trying: LiveServer) -> None:
    page.goto(f"{trying.url}/tools/")
    sign_in(page)
    expect(page.get_by_role("heading", name="Your tools")).to_be_visible()
    found = {"tools": faults(page)}
    page.get_by_role("link", name="Echo").click()
    found["tool"] = faults(page)
    page.get_by_label("text").fill("Hello there")
    page.get_by_role("button", name="Call").click()
    expect(page.locator("pre.shown").first).to_have_text("Hello there")
    found["result"] = faults(page)
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_page_after_too_many_attempts_is_accessible(page: Page, trying: LiveServer) -> None:
    while page.get_by_role("heading", name="Too many attempts").count() == 0:
        page.goto(f"{trying.url}/accounts/login/")
        sign_in(page, "wrong")
        page.wait_for_load_state()
    assert faults(page) == []
