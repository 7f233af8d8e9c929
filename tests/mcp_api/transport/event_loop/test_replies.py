"""The endpoint under an event loop: the same replies, and the same events, as by Django's view."""

import asyncio
import json
import time
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Event, User
from mcp_api import ToolError, tool
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import modern
from tests.mcp_api.transport.event_loop.comparison import assert_same, assert_same_answer
from tests.mcp_api.transport.event_loop.conftest import Loop, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nobody-has-this"},
        {"Authorization": ""},
        {"Authorization": "Basic abc"},
        {"Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Mcp-Session-Id": "one"},
        {"Mcp-Session-Id": "x" * 10_000},
        {"Mcp-Name": "other"},
        {"Mcp-Method": "tools/list"},
        {"MCP-Protocol-Version": "2025-11-25"},
        {"MCP-Protocol-Version": "1900-01-01"},
    ],
)
def test_headers(loop: Loop, caller: Caller, headers: dict[str, str]) -> None:
    body, its_headers = modern("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    [reply] = loop.send(sent(caller, body, {**its_headers, **headers}))
    assert_same_answer(reply, caller.send(body, {**its_headers, **headers}))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000),
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "a", "result": {}},
        [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 2, "method": "initialize"}],
    ],
)
def test_bodies(loop: Loop, caller: Caller, body: Any) -> None:
    for headers in ({}, {"MCP-Protocol-Version": "2025-03-26"}):
        Event.objects.all().delete()
        [reply] = loop.send(sent(caller, body, headers))
        assert_same_answer(reply, caller.send(body, headers))


def test_body_that_is_too_large(loop: Loop, caller: Caller, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    [reply] = loop.send(sent(caller, b" " * 1001))
    assert reply.status == 413
    assert_same_answer(reply, caller.send(b" " * 1001))


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH"])
def test_other_methods(loop: Loop, caller: Caller, method: str) -> None:
    [reply] = loop.send(sent(caller, b"", method=method))
    assert_same_answer(reply, caller.http.generic(method, "/mcp", headers=caller.authorized()))


def test_reply_and_event_of_each_method(loop: Loop, caller: Caller) -> None:
    for method, params in (
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"text": "Grüße 🌍"}}),
        ("tools/call", {"name": "get_user_info"}),
        ("tools/call", {"name": "echo", "arguments": {"text": 1}}),
        ("tools/call", {"name": "echo", "arguments": ["hi"]}),
        ("tools/call", {"name": "no_such_tool"}),
        ("tools/call", {"name": "echo", "arguments": {"text": "a"}, "requestState": "made up"}),
        ("tools/call", {"name": "echo", "arguments": {"text": "a"}, "inputResponses": {"a": {}}}),
        ("server/discover", {}),
        ("resources/list", {}),
        ("prompts/get", {"name": "none"}),
        ("no/such/method", {}),
    ):
        assert_same(loop, caller, method, params)


def test_kinds_of_tools(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool(timeout=None)
    def writes() -> str:
        User.objects.filter(username="ada").update(first_name="Ada")
        return "written"

    @tool
    def writes_in_time() -> int:
        return User.objects.count()

    @tool(read_only=True, permission="oauth_mcp.view_user")
    def is_for_some() -> str:
        return "for some"

    @tool(read_only=True, timeout=None)
    async def waits() -> str:
        await asyncio.sleep(0)
        return "waited"

    @tool(read_only=True, timeout=0.1)
    def takes_too_long() -> None:
        time.sleep(0.4)

    @tool(read_only=True, timeout=None)
    def fails() -> str:
        raise ToolError("not today")

    @tool(read_only=True, timeout=None)
    def breaks() -> str:
        raise KeyError("secret")

    @tool(read_only=True, timeout=None)
    def exits() -> str:
        raise SystemExit

    @tool(read_only=True, timeout=None, scopes="write")
    def needs_more() -> str:
        return "more"

    told = {each: json.dumps(assert_same(loop, caller, "tools/call", {"name": each})) for each in OWN_TOOLS}
    assert "written" in told["writes"]
    assert "given up" in told["takes_too_long"]
    assert "secret" not in told["breaks"]
    assert "insufficient_scope" in told["needs_more"]
    assert "Unknown tool" in told["is_for_some"]


OWN_TOOLS = (
    *("writes", "writes_in_time", "is_for_some", "waits", "takes_too_long", "fails", "breaks", "exits", "needs_more"),
)
