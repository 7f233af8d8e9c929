"""MCP Inspector's command line with its own OAuth: each command is a program of its own.

The first signs in through a listener on loopback, the next take its tokens from a file. On a 401
it refreshes. It opens a browser only before a terminal, or where it is told to.
"""

import json
import subprocess
from typing import Any

import pytest

from tests.clients.desktop import Desktop
from tests.clients.expiry import end_authorizations, expire_access_tokens
from tests.clients.nodejs import NODE, PACKAGES
from tests.support.patience import PATIENCE_SECONDS
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

CALL = ("--method", "tools/call", "--tool-name")


class Inspector:
    """Runs commands of mcp-inspector against one server, for one person."""

    def __init__(self, server: LiveServer, desktop: Desktop, era: str) -> None:
        launcher = PACKAGES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
        self.command = [str(NODE), str(launcher), "--cli", "--server-url", server.mcp_url, "--protocol-era", era]
        # Port 0 has it take a free one.
        self.command += ["--format", "json", "--callback-url", "http://127.0.0.1:0/oauth/callback"]
        self.env = {
            **desktop.env,
            "MCP_AUTO_OPEN_ENABLED": "true",
            "MCP_INSPECTOR_SECRET_STORE": "file",
            "MCP_STORAGE_DIR": str(desktop.home / "inspector"),
        }

    def run(self, *options: str) -> dict[str, Any]:
        """Run one command; return its result, or raise AssertionError with all that it printed."""
        done = subprocess.run(
            [*self.command, *options],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)["result"]


@pytest.fixture(params=["modern", "legacy"])
def inspector(request: pytest.FixtureRequest, server: LiveServer, desktop: Desktop, node_packages: None) -> Inspector:
    return Inspector(server, desktop, request.param)


def text_of(result: dict[str, Any]) -> str:
    return result["content"][0]["text"]


def test_inspector_signs_in_once_and_calls_every_tool(inspector: Inspector, desktop: Desktop) -> None:
    tools = inspector.run("--method", "tools/list")["tools"]

    assert {tool["name"] for tool in tools} >= {"echo", "get_time", "get_user_info"}
    assert text_of(inspector.run(*CALL, "echo", "--tool-arg", "text=Grüße, 世界")) == "Grüße, 世界"
    assert "+05:30" in text_of(inspector.run(*CALL, "get_time", "--tool-arg", "timezone=Asia/Kolkata"))
    assert "demo" in text_of(inspector.run(*CALL, "get_user_info"))
    assert len(desktop.visits) == 1


def test_inspector_refreshes_after_expiry(inspector: Inspector, desktop: Desktop, server: LiveServer) -> None:
    inspector.run("--method", "tools/list")
    expire_access_tokens(server, desktop.client_id)

    assert text_of(inspector.run(*CALL, "echo", "--tool-arg", "text=still here")) == "still here"
    assert len(desktop.visits) == 1


def test_inspector_makes_five_calls_at_once_after_expiry(
    inspector: Inspector, desktop: Desktop, server: LiveServer
) -> None:
    """Connecting refreshes already; the five calls come after that."""
    inspector.run("--method", "tools/list")
    expire_access_tokens(server, desktop.client_id)

    load = ("--load", "--load-requests", "5", "--load-concurrency", "5")
    summary = inspector.run(*CALL, "echo", "--tool-arg", "text=at once", *load)

    assert (summary["ok"], summary["errorMessages"]) == (5, [])
    assert len(desktop.visits) == 1


def test_inspector_sends_the_person_round_again_when_access_was_taken_away(
    inspector: Inspector, desktop: Desktop, server: LiveServer
) -> None:
    inspector.run("--method", "tools/list")
    end_authorizations(server, desktop.client_id)

    assert text_of(inspector.run(*CALL, "echo", "--tool-arg", "text=back again")) == "back again"
    assert len(desktop.visits) == 2
