"""`tools/call`: wrong arguments, unknown tools, and tools that fail."""

import asyncio
import logging
import math
from typing import Any

import pytest
from mcp_types.jsonrpc import INVALID_PARAMS, PARSE_ERROR
from pydantic import BaseModel

from accounts.models import Event
from mcp_api import ToolError, tool
from tests.mcp_api.conftest import error_of
from tests.support.mcp.tool_results import has_only_a_reference, text_of

pytestmark = pytest.mark.django_db


class Branch(BaseModel):
    name: str
    branches: list["Branch"] = []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "text: Field required"),
        ({"text": 1}, "text: Input should be a valid string"),
        ({"text": None}, "text: Input should be a valid string"),
        ({"text": "a", "loud": True}, "loud: Extra inputs are not permitted"),
    ],
)
def test_wrong_arguments_are_a_result_that_says_what_is_wrong(caller, arguments, told):
    result = caller.call("echo", **arguments)
    assert result["isError"]
    assert text_of(result) == f"Invalid arguments for echo:\n{told}"


@pytest.mark.parametrize("arguments", [[], "text", 1, ["text"]])
def test_arguments_that_are_not_an_object_are_invalid_params(caller, arguments):
    params = {"name": "echo", "arguments": arguments}
    assert error_of(caller.legacy("tools/call", params))["code"] == INVALID_PARAMS


@pytest.mark.parametrize("name", ["unknown", "", "Echo", "__init__", "x" * 256, "\x00"])
def test_unknown_tool_is_invalid_params(caller, name):
    error = error_of(caller.legacy("tools/call", {"name": name}))
    assert error == {"code": INVALID_PARAMS, "message": f"Unknown tool: {name[:64]}"}


def test_name_that_is_longer_than_any_tool_has_is_invalid_params(caller):
    error = error_of(caller.legacy("tools/call", {"name": "x" * 5000}))
    assert error == {"code": INVALID_PARAMS, "message": "params.name is longer than 256 characters."}


@pytest.mark.parametrize("name", [None, 1, True, [], {}, ["echo"]])
def test_name_of_the_wrong_type_is_invalid_params(caller, name):
    assert error_of(caller.legacy("tools/call", {"name": name}))["code"] == INVALID_PARAMS


def test_tool_error_is_shown_to_the_model(caller, tools):
    @tool
    def refuse() -> str:
        raise ToolError("Not before noon.")

    result = caller.call("refuse")
    assert (result["isError"], text_of(result)) == (True, "Not before noon.")


@pytest.mark.parametrize(
    "exception",
    [
        ValueError("hunter2"),
        KeyError("hunter2"),
        RecursionError("hunter2"),
        asyncio.CancelledError("hunter2"),
        SystemExit("hunter2"),
        KeyboardInterrupt("hunter2"),
        BaseException("hunter2"),
    ],
)
@pytest.mark.parametrize("timeout", [None, 60])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_tool_that_raises_returns_an_id_only_and_logs_the_exception(caller, tools, caplog, exception, timeout, kind):
    """The server continues after any exception, in the thread of the request and in another."""

    def stumble_at_once() -> str:
        raise exception

    async def stumble_later() -> str:
        raise exception

    tool(name="stumble", timeout=timeout)(stumble_at_once if kind == "sync" else stumble_later)

    result = caller.call("stumble")
    assert has_only_a_reference(result, "hunter2")
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    reference = text_of(result)[-9:-1]
    assert record.getMessage() == f"tool stumble failed, reference {reference}"
    assert Event.objects.get(reason="defect").detail == f"Reference {reference} in the server's log."
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("value", ["hunter2", None, Branch.model_construct(name={"hunter2"}), math.nan])
def test_tool_that_returns_what_its_schema_forbids_has_failed(caller, tools, value):
    @tool
    def lie() -> float | Branch:
        return value

    assert has_only_a_reference(caller.call("lie"), "hunter2")


def returns_text() -> str: ...  # type: ignore[empty-body]
def returns_anything() -> Any: ...
def does_not_say(): ...


@pytest.mark.parametrize("declared", [returns_text, returns_anything, does_not_say])
@pytest.mark.parametrize("value", ["\ud800", {"a": "\ud800"}, {"\ud800": 1}, object()])
def test_tool_that_returns_what_json_does_not_have_has_failed(caller, tools, declared, value):
    def lie():
        return value

    lie.__annotations__ = declared.__annotations__
    tool(lie)
    assert has_only_a_reference(caller.call("lie"), "hunter2")


def test_number_beyond_all_floats_never_reaches_a_tool(caller, tools):
    @tool
    def double(number: float) -> float:
        return 2 * number

    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"double","arguments":{"number":1e999}}}'
    response = caller.send(body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, PARSE_ERROR)
    assert "larger than 1.7e308" in response.json()["error"]["message"]
