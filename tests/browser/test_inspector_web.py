"""MCP Inspector's web app in a real browser.

Version 1 can talk to a server straight from its page, across origins: every request of it, from
discovery to the tool call, stands or falls with our CORS headers. Version 2 sends all of them
through its own backend; only the person's browser comes to us.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PATIENCE_MS
from tests.browser.pages import sign_in
from tests.clients.conftest import install_node_packages
from tests.clients.nodejs import NODE, PACKAGES
from tests.support.database import Template
from tests.support.ports import free_port
from tests.support.server import LiveServer

pytestmark = pytest.mark.any_database

INSPECTOR_1 = PACKAGES / "@modelcontextprotocol" / "inspector-client" / "bin" / "client.js"
INSPECTOR_2 = PACKAGES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
KEY = "the-key-to-the-backend-of-the-inspector"


class Inspector:
    """One of the web apps, on a port of its own, for as long as it is entered."""

    def __init__(self, script: Path, folder: Path) -> None:
        self._script = script
        self._folder = folder
        self._port = free_port()
        self.origin = f"http://127.0.0.1:{self._port}"

    @contextmanager
    def running(self, *options: str) -> Iterator[None]:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "HOST": "127.0.0.1",
            "CLIENT_PORT": str(self._port),
            "MCP_AUTO_OPEN_ENABLED": "false",
            "MCP_INSPECTOR_API_TOKEN": KEY,
            "MCP_INSPECTOR_SECRET_STORE": "memory",
            "MCP_SANDBOX_PORT": "0",
            "MCP_STORAGE_DIR": str(self._folder),
        }
        with (self._folder / "inspector.log").open("wb") as log:
            process = subprocess.Popen([str(NODE), str(self._script), *options], env=env, stdout=log, stderr=log)
        try:
            self._wait(process)
            yield
        finally:
            process.terminate()
            process.wait(10)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx2.get(self.origin, timeout=5)
            except httpx2.TransportError:
                time.sleep(0.1)
            else:
                return
        pytest.fail((self._folder / "inspector.log").read_text())


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


def connect(tab: Page, inspector: Inspector, server: LiveServer) -> None:
    """Have version 1 connect to the server."""
    tab.goto(f"{inspector.origin}/?transport=streamable-http&serverUrl={server.mcp_url}")
    tab.get_by_role("button", name="Connect", exact=True).click()


def approve(tab: Page) -> None:
    sign_in(tab)
    tab.get_by_role("button", name="Approve").click()


def test_inspector_1_connects_across_origins(
    tab: Page, inspector_1: Inspector, template: Template, screenshots_folder: Path
) -> None:
    allowed = {"ALLOWED_ORIGINS": inspector_1.origin}
    with LiveServer(template, env=allowed) as server, inspector_1.running():
        connect(tab, inspector_1, server)
        approve(tab)
        expect(tab.get_by_text("Connected", exact=True)).to_be_visible()

        tab.get_by_role("tab", name="Tools").click()
        tab.get_by_role("button", name="List Tools").click()
        tab.get_by_text("Return the given text unchanged.").click()
        tab.get_by_label("text").fill("across origins")
        tab.get_by_role("button", name="Run Tool").click()

        expect(tab.get_by_text("Tool Result: Success")).to_be_visible()
        expect(tab.get_by_text('"across origins"').first).to_be_visible()
        tab.screenshot(path=screenshots_folder / "inspector-1.png")


def test_inspector_1_is_kept_out_from_an_origin_that_is_not_allowed(
    tab: Page, inspector_1: Inspector, server: LiveServer
) -> None:
    with inspector_1.running():
        connect(tab, inspector_1, server)

        expect(tab.get_by_text("Connection error", exact=True)).to_be_visible()


def test_inspector_2_connects_through_its_backend(
    tab: Page, inspector_2: Inspector, server: LiveServer, screenshots_folder: Path
) -> None:
    with inspector_2.running("--web", "--server-url", server.mcp_url, "--transport", "http"):
        tab.goto(f"{inspector_2.origin}/?MCP_INSPECTOR_API_TOKEN={KEY}")
        tab.get_by_role("switch", name="Connect or disconnect").dispatch_event("click")
        approve(tab)
        expect(tab.get_by_text("Connected", exact=True)).to_be_visible()

        tab.get_by_text("Tools", exact=True).first.click()
        tab.get_by_text("Echo", exact=True).click()
        tab.get_by_label("text", exact=False).and_(tab.get_by_role("textbox")).first.fill("through a backend")
        tab.get_by_role("button", name="Execute Tool").click()

        expect(tab.get_by_text("Structured Output")).to_be_visible()
        tab.screenshot(path=screenshots_folder / "inspector-2.png")
