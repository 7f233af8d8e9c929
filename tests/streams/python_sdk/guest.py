"""The official Python SDK's client, with a person who answers what they are asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import httpx2
import mcp_types
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    CallToolResult,
    CreateMessageResult,
    ElicitResult,
    ListRootsResult,
    Root,
    TextContent,
)
from pydantic import FileUrl

from tests.streams.wire import Wire

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
SOON = 5

Result = TypeVar("Result")
Do = Callable[["Guest"], Awaitable[Result]]


class Guest:
    """The SDK's client, with somebody at it who answers whatever they are asked, and remembers it."""

    def __init__(self) -> None:
        self.client: Client
        self.asked: list[Any] = []
        self.logged: list[Any] = []
        self.progress: list[tuple[float, float | None, str | None]] = []
        self.told: list[Any] = []
        self.answer: dict[str, Any] | None = {}

    async def elicited(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        if self.answer is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content=None if params.mode == "url" else self.answer)

    async def sampled(self, context: Any, params: Any) -> CreateMessageResult:
        self.asked.append(params)
        text = TextContent(type="text", text="Paris, says the model.")
        return CreateMessageResult(role="assistant", content=text, model="a model", stop_reason="endTurn")

    async def rooted(self, context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=FileUrl("file:///home/ada/project"), name="Project")])

    async def heard(self, params: Any) -> None:
        self.logged.append(params)

    async def progressed(self, progress: float, total: float | None, message: str | None) -> None:
        self.progress.append((progress, total, message))

    async def noticed(self, message: Any) -> None:
        self.told.append(message)

    async def call(self, name: str, /, **arguments: Any) -> CallToolResult:
        return await self.client.call_tool(name, arguments)

    async def eventually_told(self, method: str) -> None:
        with anyio.fail_after(SOON):
            while not any(getattr(message, "method", "") == method for message in self.told):
                await anyio.sleep(0.05)


@asynccontextmanager
async def connected(wire: Wire, mode: str, *, answers: bool = True, **options: Any) -> AsyncIterator[Guest]:
    guest = Guest()
    callbacks: dict[str, Any] = {"logging_callback": guest.heard, "message_handler": guest.noticed}
    if answers:
        callbacks |= {
            "elicitation_callback": guest.elicited,
            "sampling_callback": guest.sampled,
            "list_roots_callback": guest.rooted,
        }
    headers = {"Authorization": wire.headers["Authorization"]}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(wire.server.mcp_url, http_client=http)
        async with Client(transport, mode=mode, **callbacks, **options) as guest.client:
            assert guest.client.protocol_version == VERSIONS[mode]
            yield guest


def refusal(use: Any, do: Do[Any], **options: Any) -> mcp_types.ErrorData:
    """The error that `do` ends with; the client's task group would wrap what leaves it."""

    async def expect(guest: Guest) -> mcp_types.ErrorData:
        with pytest.raises(MCPError) as refused:
            await do(guest)
        return refused.value.error

    error = use(expect, **options)
    assert isinstance(error, mcp_types.ErrorData)
    return error


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text
