"""The official Python SDK's client calls tools, in both eras: content, errors, progress, logs, cancellation."""

from typing import Any

import anyio
import mcp_types
import pytest
from mcp_types import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
)

from tests.streams.python_sdk.guest import SOON, Guest, refusal, text_of
from tests.support.servers.server import LiveServer

# The SDK warns of what the modern era is about to leave behind, which is just what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


def test_tools_return_every_kind_of_content(use: Any):
    async def call(guest: Guest) -> list[Any]:
        names = ("test_simple_text", "test_image_content", "test_audio_content", "test_multiple_content_types")
        contents = [content for name in names for content in (await guest.call(name)).content]
        return [*contents, *(await guest.call("point", topic="sport")).content]

    *contents, link = use(call)
    kinds = [type(content) for content in contents]
    assert kinds == [TextContent, ImageContent, AudioContent, TextContent, ImageContent, EmbeddedResource]
    assert isinstance(link, ResourceLink)
    assert (str(link.uri), link.name) == ("news://sport", "sport")


def test_tools_are_listed_with_all_that_is_told_of_them(use: Any, mode: str):
    listed = use(lambda guest: guest.client.list_tools())
    tools = {tool.name: tool for tool in listed.tools}
    point, info = tools["point"], tools["get_user_info"]
    assert (point.title, point.description) == ("Point to news", "Link to the news about a topic.")
    assert [str(icon.src) for icon in point.icons] == ["https://example.com/news.png"]
    assert (point.annotations.read_only_hint, tools["rename"].annotations.destructive_hint) == (True, True)
    assert point.input_schema["required"] == ["topic"]
    assert "username" in info.output_schema["properties"]
    if mode == "auto":
        assert (listed.ttl_ms, listed.cache_scope) == (60_000, "private")


def test_structured_content_fits_the_schema_that_was_listed(use: Any):
    async def call(guest: Guest) -> CallToolResult:
        await guest.client.list_tools()
        return await guest.call("get_user_info")

    assert use(call).structured_content["username"]


def test_errors_reach_the_model(use: Any):
    async def call(guest: Guest) -> list[CallToolResult]:
        return [await guest.call("test_error_handling"), await guest.call("count", to="many")]

    failed, wrong = use(call)
    assert failed.is_error
    assert text_of(failed) == "This tool always fails."
    assert wrong.is_error
    assert "to" in text_of(wrong)


def test_unknown_tool_is_an_error_of_the_request(use: Any):
    assert refusal(use, lambda guest: guest.call("no_such_tool")).code == mcp_types.INVALID_PARAMS


def test_a_parameter_is_repeated_in_its_header(use: Any):
    async def call(guest: Guest) -> CallToolResult:
        await guest.client.list_tools()
        return await guest.call("test_custom_header", region="Zürich")

    assert text_of(use(call)) == "Zürich"


# --- While it runs -----------------------------------------------------------------------------


def test_progress_arrives(use: Any):
    async def call(guest: Guest) -> tuple[list[Any], str]:
        result = await guest.client.call_tool("count", {"to": 3}, progress_callback=guest.progressed)
        return guest.progress, text_of(result)

    assert use(call) == ([(1, 3, "At 1"), (2, 3, "At 2"), (3, 3, "At 3")], "counted to 3")


def test_log_messages_arrive_at_the_level_that_was_asked_for(use: Any, mode: str):
    async def call(guest: Guest) -> list[Any]:
        if mode == "legacy":
            await guest.client.set_logging_level("debug")
        await guest.call("count", to=2)
        return [(message.level, message.logger, message.data) for message in guest.logged]

    options = {} if mode == "legacy" else {"log_level": "debug"}
    assert use(call, **options) == [("debug", "tools/call count", f"counted {number}") for number in (1, 2)]


def test_what_the_client_gives_up_is_cancelled(use: Any, server: LiveServer):
    before = server.log.count("sleep was cancelled")

    async def call(guest: Guest) -> None:
        with anyio.move_on_after(0.5):
            await guest.call("sleep", seconds=30)
        with anyio.fail_after(SOON):
            while server.log.count("sleep was cancelled") == before:
                await anyio.sleep(0.1)
        assert text_of(await guest.call("echo", text="still here")) == "still here"

    use(call)
