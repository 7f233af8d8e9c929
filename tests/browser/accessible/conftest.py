"""A server with a row of each model, and people who sign in to it in any language."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import FOLDER
from tests.clients.conftest import install_node_packages
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.oauth.http_client import REDIRECT_URI, App, register
from tests.support.servers.server import LiveServer

ROWS = """
import json
from tests.support.pages.rows import PageRows
print(json.dumps(PageRows(User.objects.get(username="demo")).by_model))
"""


class Site:
    """The server; `rows` are primary keys by model."""

    def __init__(self, server: LiveServer) -> None:
        self.server, self.url = server, server.url
        self.rows: dict[str, str] = json.loads(server.shell(ROWS))
        self.app = App(server, register(server, client_name="Reading Assistant").json()["client_id"], "")

    def consent(self, **parameters: Any) -> str:
        """Return the path of the consent page of an app that nobody has approved."""
        address = self.app.authorization_url(redirect_uri=REDIRECT_URI, scope="read write", **parameters)
        return address.removeprefix(self.url)

    def open(self, page: Page, path: str) -> None:
        page.goto(f"{self.url}{path}")

    def sign_in(self, page: Page, username: str = "demo", password: str = "demo123") -> None:
        """Sign in; fields are found by their names, as their labels are in the page's language."""
        self.open(page, "/accounts/login/")
        page.locator("[name=login]").fill(username)
        page.locator("[name=password]").fill(password)
        page.locator("form:has([name=password]) button.primary").click()
        page.wait_for_load_state()

    def sign_in_as_operator(self, page: Page) -> None:
        self.sign_in(page, "admin", ADMIN_PASSWORD)

    def confirm_password(self, page: Page) -> None:
        self.open(page, "/accounts/reauthenticate/")
        page.locator("[name=password]").fill("demo123")
        page.locator("form:has([name=password]) button.primary").click()
        page.wait_for_load_state()


@pytest.fixture(scope="module")
def site(template: Template) -> Iterator[Site]:
    install_node_packages(FOLDER)
    with LiveServer(template) as server:
        yield Site(server)
