"""A server with rows of each grant, and tabs of the sizes and colours in which its pages are looked at."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.accessibility import FOLDER
from tests.browser.conftest import DESKTOP, new_tab
from tests.clients.conftest import install_node_packages
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.servers.server import LiveServer

NARROW = ViewportSize(width=390, height=844)


class Site:
    """The server; `pages` are the paths of rows' pages in admin, `assertions` those to check, by their state."""

    def __init__(self, server: LiveServer) -> None:
        self.server, self.url = server, server.url
        made = json.loads(server.shell("from tests.browser.grants.rows import make; print(make())"))
        self.pages: list[str] = made["pages"]
        self.assertions: dict[str, str] = made["assertions"]

    def sign_in(self, page: Page, username: str = "demo", password: str = "demo123") -> None:
        page.goto(f"{self.url}/accounts/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()


@pytest.fixture(scope="module")
def site(template: Template) -> Iterator[Site]:
    install_node_packages(FOLDER)
    with LiveServer(template) as server:
        yield Site(server)


# Colours do not depend on the width, so two of the four combinations show all of both.
@pytest.fixture(params=[("light", DESKTOP), ("dark", NARROW)], ids=["light-desktop", "dark-phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, viewport = request.param
    with new_tab(browser, viewport, color_scheme=scheme) as tab:
        yield tab


@pytest.fixture
def operator(page: Page, site: Site) -> Page:
    """The page of a superuser who has signed in."""
    site.sign_in(page, "admin", ADMIN_PASSWORD)
    return page
