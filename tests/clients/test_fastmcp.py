"""fastmcp's client with its OAuth helper: a public client with a callback listener of its own.

It looks at the authorization page itself before it opens the browser, to learn whether its
registration is still known. It stores when its token expires, and refreshes by that clock; to a
401 it answers with a whole new authorization.
"""

import time
import webbrowser
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import anyio
import pytest
from fastmcp import Client
from fastmcp.client.auth import OAuth
from fastmcp.client.client import CallToolResult
from key_value.aio.stores.memory import MemoryStore

from tests.clients.desktop import Desktop
from tests.clients.expiry import expire_access_tokens
from tests.clients.python_sdk import VERSIONS, both_eras, five_times
from tests.support.servers.server import LiveServer

Result = TypeVar("Result")
pytestmark = [pytest.mark.any_database, pytest.mark.filterwarnings("ignore:Using in-memory token storage")]


class App:
    """A program that uses fastmcp, and keeps what it learnt when it is started again."""

    def __init__(self, server: LiveServer, desktop: Desktop) -> None:
        self.server = server
        self.desktop = desktop
        self.storage = MemoryStore()

    def use(self, mode: str, do: Callable[["Client[Any]", OAuth], Awaitable[Result]]) -> Result:
        async def main() -> Result:
            oauth = OAuth(self.server.mcp_url, token_storage=self.storage, client_name="fastmcp test")
            async with Client(self.server.mcp_url, auth=oauth, mode=mode) as client:
                return await do(client, oauth)

        return anyio.run(main)

    async def expire(self, issued_before: datetime | None = None) -> None:
        await anyio.to_thread.run_sync(expire_access_tokens, self.server, self.desktop.client_id, issued_before)

    async def expire_by_both_clocks(self, oauth: OAuth) -> None:
        """Expire the token at the client first: its stream ends with the token, comes back and must not find a 401.

        The client may refresh in between: the new token stays.
        """
        now = datetime.now(UTC)
        oauth.context.token_expiry_time = time.time() - 1
        await self.expire(issued_before=now)


@pytest.fixture
def app(server: LiveServer, desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(webbrowser, "open", desktop.open)
    return App(server, desktop)


async def echo(client: "Client[Any]", text: str) -> str:
    result: CallToolResult = await client.call_tool("echo", {"text": text})
    return result.content[0].text  # type: ignore[union-attr]


@both_eras
def test_fastmcp_signs_in_and_calls_every_tool(app: App, mode: str) -> None:
    async def call_all(client: "Client[Any]", oauth: OAuth) -> None:
        assert client.protocol_version == VERSIONS[mode]
        assert {tool.name for tool in await client.list_tools()} >= {"echo", "get_time", "get_user_info"}
        assert await echo(client, "Grüße, 世界") == "Grüße, 世界"
        assert "T" in str(await client.call_tool("get_time", {}))
        assert "fastmcp test" in str(await client.call_tool("get_user_info", {}))

    app.use(mode, call_all)
    assert len(app.desktop.visits) == 1


@both_eras
def test_fastmcp_refreshes_by_its_own_clock(app: App, mode: str) -> None:
    async def call_when_the_token_is_old(client: "Client[Any]", oauth: OAuth) -> str:
        await app.expire_by_both_clocks(oauth)
        return await echo(client, "still here")

    assert app.use(mode, call_when_the_token_is_old) == "still here"
    assert len(app.desktop.visits) == 1


def test_fastmcp_goes_on_after_a_restart(app: App) -> None:
    for _ in range(2):
        assert app.use("auto", lambda client, oauth: echo(client, "hello")) == "hello"
    assert len(app.desktop.visits) == 1


def test_fastmcp_signs_in_anew_when_a_token_expires_before_its_time(app: App) -> None:
    async def call_with_an_old_token(client: "Client[Any]", oauth: OAuth) -> str:
        await app.expire()
        return await echo(client, "still here")

    assert app.use("auto", call_with_an_old_token) == "still here"
    assert len(app.desktop.visits) == 2


@both_eras
def test_fastmcp_makes_five_calls_at_once_after_expiry(app: App, mode: str) -> None:
    async def call_when_the_token_is_old(client: "Client[Any]", oauth: OAuth) -> list[str]:
        await app.expire_by_both_clocks(oauth)
        return await five_times(lambda: echo(client, "at once"))

    assert app.use(mode, call_when_the_token_is_old) == ["at once"] * 5
    assert len(app.desktop.visits) == 1


def test_fastmcp_registers_anew_when_its_registration_is_gone(app: App, server: LiveServer) -> None:
    app.use("auto", lambda client, oauth: echo(client, "hello"))
    server.shell(f"Client.objects.get(client_id={app.desktop.client_id!r}).delete()")

    assert app.use("auto", lambda client, oauth: echo(client, "hello again")) == "hello again"
    assert len(app.desktop.visits) == 2
