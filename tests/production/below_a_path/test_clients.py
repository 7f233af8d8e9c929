"""Real clients find a server below a path, sign in through its pages and call a tool."""

import json
import subprocess
import webbrowser
from typing import Any

import anyio
import pytest
from fastmcp import Client as FastMCPClient
from fastmcp.client.auth import OAuth
from key_value.aio.stores.memory import MemoryStore

from tests.clients.desktop import Desktop
from tests.clients.nodejs import NODE, PACKAGES, Driver
from tests.clients.python_sdk import VERSIONS, Desk, both_eras, text_of
from tests.production.below_a_path.proxies import ServerBelow
from tests.support.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.any_database, pytest.mark.filterwarnings("ignore:Using in-memory token storage")]


@both_eras
def test_python_sdk(server: ServerBelow, mode: str) -> None:
    desk = Desk(server)
    result = desk.use(mode, lambda client: client.call_tool("echo", {"text": "below a path"}))
    assert text_of(result) == "below a path"
    assert desk.sign_ins == 1


@pytest.mark.parametrize("mode", VERSIONS)
def test_typescript_client_2(server: ServerBelow, node_packages: None, mode: str) -> None:
    with Driver("client-2.mjs", server, mode) as driver:
        assert driver.ask("connect") == VERSIONS[mode]
        assert driver.echo("below a path") == ["below a path"]
        assert driver.sign_ins == 1


def test_typescript_sdk_1(server: ServerBelow, node_packages: None) -> None:
    with Driver("sdk-1.mjs", server, "forgetful") as driver:
        driver.ask("connect")
        assert driver.echo("below a path") == ["below a path"]
        assert driver.sign_ins == 1


@both_eras
def test_fastmcp(server: ServerBelow, trusting_desktop: Desktop, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr(webbrowser, "open", trusting_desktop.open)

    async def main() -> Any:
        oauth = OAuth(server.mcp_url, token_storage=MemoryStore(), client_name="fastmcp test")
        async with FastMCPClient(server.mcp_url, auth=oauth, mode=mode) as client:
            return await client.call_tool("echo", {"text": "below a path"})

    assert anyio.run(main).content[0].text == "below a path"


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_inspector(server: ServerBelow, trusting_desktop: Desktop, node_packages: None, era: str) -> None:
    launcher = PACKAGES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
    command = [str(NODE), str(launcher), "--cli", "--server-url", server.mcp_url, "--protocol-era", era]
    command += ["--format", "json", "--callback-url", "http://127.0.0.1:0/oauth/callback"]
    command += ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "text=below a path"]
    env = {
        **trusting_desktop.env,
        "MCP_AUTO_OPEN_ENABLED": "true",
        "MCP_INSPECTOR_SECRET_STORE": "file",
        "MCP_STORAGE_DIR": str(trusting_desktop.home / "inspector"),
    }
    done = subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert json.loads(done.stdout)["result"]["content"][0]["text"] == "below a path"
