"""Values that have no JSON form: the call fails before its transaction ends, and nothing that it wrote stays."""

from collections.abc import Callable
from typing import Any

import pytest
from mcp_types import CallToolResult, TextContent
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS

from accounts.models import Event, User
from mcp_api import Context, NotFound, ToolError, embedded, prompt, resource, tool
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.support.mcp.tool_results import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

LONE = "a \ud800 b"
CONTENT: dict[str, Callable[[], Any]] = {
    "a list of content": lambda: [TextContent(type="text", text=LONE)],
    "content and text": lambda: [embedded("a://b", "text"), LONE],
    "a whole result": lambda: CallToolResult(content=[TextContent(type="text", text=LONE)]),
    "its structured content": lambda: CallToolResult(content=[], structured_content={"a": [LONE]}),
    "its metadata": lambda: CallToolResult(content=[], _meta={"a": LONE}),
    "a text": lambda: LONE,
    "a key": lambda: {LONE: 1},
    "an object that is no data": lambda: CallToolResult(content=[], _meta={"a": object()}),
}


@pytest.mark.parametrize("make", CONTENT.values(), ids=CONTENT)
def test_result_that_cannot_be_encoded_takes_the_writes_back(
    caller: Caller, tools: dict[str, Tool], make: Callable[[], Any]
) -> None:
    @tool
    def add() -> Any:
        User.objects.create(username="grace")
        return make()

    assert "The tool failed" in refusal(caller.call("add"))
    assert not User.objects.filter(username="grace").exists()
    assert [event.reason for event in Event.objects.filter(kind="mcp")] == ["defect"]


def test_text_of_a_tool_error_reaches_the_model_with_a_replacement(caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    def add() -> str:
        User.objects.create(username="grace")
        raise ToolError(LONE)

    assert refusal(caller.call("add")) == "a � b"
    assert not User.objects.filter(username="grace").exists()
    assert [event.reason for event in Event.objects.filter(kind="mcp")] == ["tool_error"]


def test_prompt_and_resource_that_cannot_be_encoded_are_errors(caller: Caller) -> None:
    prompt(name="odd")(lambda: LONE)
    resource("odd://all")(lambda: LONE)
    for method, params in (("prompts/get", {"name": "odd"}), ("resources/read", {"uri": "odd://all"})):
        assert error_of(caller.legacy(method, params))["code"] == INTERNAL_ERROR
    assert [event.reason for event in Event.objects.filter(kind="mcp")] == ["defect", "defect"]


@pytest.mark.parametrize("error", [ToolError, NotFound])
def test_error_of_a_prompt_or_resource_reaches_the_client_with_a_replacement(
    caller: Caller, error: type[ToolError]
) -> None:
    def odd() -> str:
        raise error(LONE)

    prompt(odd)
    resource("odd://all")(odd)
    for method, params in (("prompts/get", {"name": "odd"}), ("resources/read", {"uri": "odd://all"})):
        told = error_of(caller.modern(method, params))
        assert (told["code"], told["message"]) == (INVALID_PARAMS, "a � b")


MESSAGES: dict[str, Callable[[Context], object]] = {
    "progress": lambda context: context.progress(1, 2, LONE),
    "a progress that is no number": lambda context: context.progress(float("nan")),
    "a total that is no number": lambda context: context.progress(1, float("inf")),
    "a question": lambda context: context.confirm(LONE),
}


@pytest.mark.parametrize("send", MESSAGES.values(), ids=MESSAGES)
def test_message_that_cannot_be_sent_fails_the_tool(
    caller: Caller, tools: dict[str, Tool], send: Callable[[Context], object]
) -> None:
    """Not the stream, which has begun by then."""

    @tool
    def add(context: Context) -> str:
        User.objects.create(username="grace")
        send(context)
        return "done"

    body = {"name": "add", "_meta": {"progressToken": 1}}
    result = result_of(caller.legacy("tools/call", {**body, "arguments": {}}))
    if send is not MESSAGES["progress"]:
        assert "The tool failed" in result["content"][0]["text"]
        assert not User.objects.filter(username="grace").exists()
