"""MCP Inspector's web apps, as processes, and what a person does in them."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.pages import sign_in
from tests.clients.nodejs import NODE, PACKAGES
from tests.support.ports import free_port

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


def approve(tab: Page) -> None:
    sign_in(tab)
    tab.get_by_role("button", name="Approve").click()


def connect_2(tab: Page, inspector: Inspector) -> None:
    """Have version 2 connect to the server that it was started for."""
    tab.goto(f"{inspector.origin}/?MCP_INSPECTOR_API_TOKEN={KEY}")
    tab.get_by_role("switch", name="Connect or disconnect").dispatch_event("click")
    approve(tab)
    expect(tab.get_by_text("Connected", exact=True)).to_be_visible()
