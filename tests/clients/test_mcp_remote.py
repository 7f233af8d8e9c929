"""mcp-remote: a stdio server to a desktop program, an OAuth client to us.

It keeps its tokens in a folder, refreshes a minute before they expire, and refreshes on a 401 too.
With `--protocol auto` it speaks the modern era to us while the desktop program speaks the legacy one.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.clients.desktop import Desktop
from tests.clients.expiry import end_authorizations, expire_access_tokens
from tests.clients.nodejs import NODE, PACKAGES
from tests.clients.python_sdk import five_times, text_of
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

Result = TypeVar("Result")
both_eras = pytest.mark.parametrize("protocol", ["auto", "legacy"])


class DesktopProgram:
    """A program that knows stdio servers only, such as an older Claude Desktop."""

    def __init__(self, server: LiveServer, desktop: Desktop) -> None:
        self.server = server
        self.desktop = desktop
        self.log = desktop.home / "mcp-remote.log"

    def use(self, protocol: str, do: Callable[[Client], Awaitable[Result]]) -> Result:
        proxy = str(PACKAGES / "mcp-remote" / "dist" / "proxy.js")
        command = [proxy, self.server.mcp_url, "--protocol", protocol, "--transport", "http-only"]
        parameters = StdioServerParameters(command=str(NODE), args=command, env=self.desktop.env)

        async def main() -> Result:
            with self.log.open("a") as errlog:
                async with Client(stdio_client(parameters, errlog=errlog), mode="legacy") as client:
                    return await do(client)

        try:
            return anyio.run(main)
        except BaseException as error:
            error.add_note(self.log.read_text()[-3000:])
            raise

    def saved_tokens(self) -> dict[str, Any]:
        return json.loads(self._tokens.read_text())

    def set_clock_forward(self) -> None:
        """Let it believe that its token is past its time."""
        self._tokens.write_text(json.dumps({**self.saved_tokens(), "expires_at": 1}))

    @property
    def _tokens(self) -> Path:
        [path] = self.desktop.home.glob(".mcp-auth/*/*_tokens.json")
        return path

    async def expire(self) -> None:
        await anyio.to_thread.run_sync(expire_access_tokens, self.server, self.desktop.client_id)


@pytest.fixture
def program(server: LiveServer, desktop: Desktop, node_packages: None) -> DesktopProgram:
    return DesktopProgram(server, desktop)


async def echo(client: Client, text: str) -> str:
    return text_of(await client.call_tool("echo", {"text": text}))


@both_eras
def test_mcp_remote_signs_in_and_calls_every_tool(program: DesktopProgram, protocol: str) -> None:
    async def call_all(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} >= {"echo", "get_time", "get_user_info"}
        assert await echo(client, "Grüße, 世界") == "Grüße, 世界"
        assert "T" in text_of(await client.call_tool("get_time", {}))
        assert "demo" in text_of(await client.call_tool("get_user_info", {}))

    program.use(protocol, call_all)
    assert len(program.desktop.visits) == 1


@both_eras
def test_mcp_remote_refreshes_after_a_401(program: DesktopProgram, protocol: str) -> None:
    async def call_with_an_old_token(client: Client) -> str:
        await program.expire()
        return await echo(client, "still here")

    assert program.use(protocol, call_with_an_old_token) == "still here"
    assert len(program.desktop.visits) == 1


def test_mcp_remote_refreshes_by_its_own_clock_after_a_restart(program: DesktopProgram) -> None:
    program.use("legacy", lambda client: echo(client, "hello"))
    before = program.saved_tokens()
    program.set_clock_forward()

    assert program.use("legacy", lambda client: echo(client, "still here")) == "still here"
    assert program.saved_tokens()["refresh_token"] != before["refresh_token"]
    assert len(program.desktop.visits) == 1


@both_eras
def test_mcp_remote_makes_five_calls_at_once_after_expiry(program: DesktopProgram, protocol: str) -> None:
    """One of the calls refreshes by the clock, the others wait for it."""

    async def call_with_an_old_token(client: Client) -> list[str]:
        await program.expire()
        program.set_clock_forward()
        return await five_times(lambda: echo(client, "at once"))

    assert program.use(protocol, call_with_an_old_token) == ["at once"] * 5
    assert len(program.desktop.visits) == 1


def test_mcp_remote_sends_the_person_round_again_when_access_was_taken_away(program: DesktopProgram) -> None:
    program.use("legacy", lambda client: echo(client, "hello"))
    end_authorizations(program.server, program.desktop.client_id)

    assert program.use("legacy", lambda client: echo(client, "back again")) == "back again"
    assert len(program.desktop.visits) == 2
