"""MCP Inspector's web app in a real browser.

Version 1 can talk to a server straight from its page, across origins: every request of it, from
discovery to the tool call, stands or falls with our CORS headers. Version 2 sends all of them
through its own backend; only the person's browser comes to us.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspector.web_app import Inspector, approve, connect_2
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


def connect(tab: Page, inspector: Inspector, server: LiveServer) -> None:
    """Have version 1 connect to the server."""
    tab.goto(f"{inspector.origin}/?transport=streamable-http&serverUrl={server.mcp_url}")
    tab.get_by_role("button", name="Connect", exact=True).click()


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
        connect_2(tab, inspector_2)

        tab.get_by_text("Tools", exact=True).first.click()
        tab.get_by_text("Echo", exact=True).click()
        tab.get_by_label("text", exact=False).and_(tab.get_by_role("textbox")).first.fill("through a backend")
        tab.get_by_role("button", name="Execute Tool").click()

        expect(tab.get_by_text("Structured Output")).to_be_visible()
        tab.screenshot(path=screenshots_folder / "inspector-2.png")
