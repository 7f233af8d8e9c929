"""MCP Inspector's web apps, and a tab of the browser for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import DESKTOP, PATIENCE_MS
from tests.browser.inspector.web_app import INSPECTOR_1, INSPECTOR_2, Inspector
from tests.clients.conftest import install_node_packages


@pytest.fixture(autouse=True)
def node_packages() -> None:
    install_node_packages()


@pytest.fixture
def inspector_1(tmp_path: Path) -> Inspector:
    return Inspector(INSPECTOR_1, tmp_path)


@pytest.fixture
def inspector_2(tmp_path: Path) -> Inspector:
    return Inspector(INSPECTOR_2, tmp_path)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab for somebody who chose version 1's direct connection before."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script("localStorage.setItem('lastConnectionType', 'direct')")
    # Nothing but what the test started: neither fonts from afar nor version 1's proxy on its fixed port.
    context.route("https://**", lambda route: route.abort())
    context.route("http://localhost:6277/**", lambda route: route.abort())
    yield context.new_page()
    context.close()
