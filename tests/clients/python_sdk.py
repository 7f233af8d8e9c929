"""The official Python SDK's client, with a person who signs in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import CallToolResult, TextContent
from pydantic import AnyUrl

from tests.support.people.browser import Person

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
Result = TypeVar("Result")
both_eras = pytest.mark.parametrize("mode", ["auto", "legacy"])


class Server(Protocol):
    """A server, by the address of its endpoint."""

    @property
    def mcp_url(self) -> str: ...


class Memory(TokenStorage):
    """The storage of a client between two connections."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Desk:
    """A person with the SDK's client on their machine: where it sends them, they sign in and approve."""

    def __init__(self, server: Server, *, public: bool = False, toolset: str = "") -> None:
        self.server, self.url = server, f"{server.mcp_url}/{toolset}".rstrip("/")
        self.memory = Memory()
        self.metadata = OAuthClientMetadata(
            client_name="SDK test",
            redirect_uris=[AnyUrl("http://localhost:3030/callback")],
            token_endpoint_auth_method="none" if public else None,
        )
        self.person = Person("demo", "demo123")
        self.sign_ins = 0
        self.provider = self._new_provider()
        self._redirect = ""

    @property
    def client_id(self) -> str:
        assert self.memory.client
        assert self.memory.client.client_id
        return self.memory.client.client_id

    def use(self, mode: str, do: Callable[[Client], Awaitable[Result]], **options: Any) -> Result:
        """Connect, do something, disconnect, and return what came of it. `options` are the client's."""

        async def main() -> Result:
            async with self._connection(mode, **options) as client:
                return await do(client)

        return anyio.run(main)

    @asynccontextmanager
    async def _connection(self, mode: str, **options: Any) -> AsyncIterator[Client]:
        self.provider = self._new_provider()  # as after a restart: it knows what the memory holds
        async with (
            httpx2.AsyncClient(auth=self.provider, timeout=30) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=mode, **options) as client,
        ):
            yield client

    def _new_provider(self) -> OAuthClientProvider:
        return OAuthClientProvider(self.url, self.metadata, self.memory, self._open, self._returned)

    async def _open(self, authorization_url: str) -> None:
        self.sign_ins += 1
        self._redirect = await anyio.to_thread.run_sync(self.person.approve, authorization_url)

    async def _returned(self) -> AuthorizationCodeResult:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self._redirect).query).items()}
        return AuthorizationCodeResult(**query)


async def five_times(call: Callable[[], Awaitable[Result]]) -> list[Result]:
    """The results of five calls that are under way at the same time."""
    results: list[Result] = []

    async def one() -> None:
        results.append(await call())

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(one)
    return results


def text_of(result: CallToolResult) -> str:
    [block] = result.content
    assert isinstance(block, TextContent)
    return block.text
