"""`tools/list`, and the demo tools and others through `tools/call`."""

import math
from datetime import datetime, timedelta

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from mcp_api import tool
from tests.mcp_api.conftest import Caller, result_of
from tests.mcp_api.messages import LEGACY, Body
from tests.support.mcp.tool_results import text_of

pytestmark = pytest.mark.django_db


class Branch(BaseModel):
    name: str
    branches: list["Branch"] = []


def listed(caller: Caller, version: str = "") -> dict[str, Body]:
    """The tools by name, in the revision `version`, or in the modern era."""
    response = caller.legacy("tools/list", version=version) if version else caller.modern("tools/list")
    return {described["name"]: described for described in result_of(response)["tools"]}


def test_list_describes_the_demo_tools(caller):
    tools = listed(caller)
    assert set(tools) >= {"echo", "get_time", "get_user_info"}
    assert tools["echo"] == {
        "name": "echo",
        "title": "Echo",
        "description": "Return the given text unchanged.",
        "inputSchema": {
            "type": "object",
            "properties": {"text": {"type": "string"}},
            "required": ["text"],
            "additionalProperties": False,
        },
        "outputSchema": {"type": "object", "properties": {"result": {"type": "string"}}, "required": ["result"]},
        "annotations": {
            "readOnlyHint": True,
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": False,
        },
    }
    assert tools["get_time"]["inputSchema"]["properties"] == {"timezone": {"type": "string", "default": "UTC"}}
    assert tools["get_user_info"]["inputSchema"]["properties"] == {}


def test_list_is_in_a_deterministic_order(caller, tools):
    tool(name="aardvark")(lambda: None)
    assert list(listed(caller)) == sorted(tools)


def test_servers_must_include_caching_hints_on_the_list(caller):
    result = result_of(caller.modern("tools/list"))
    assert result["ttlMs"] >= 0
    assert result["cacheScope"] == "private"
    assert not {"ttlMs", "cacheScope", "resultType", "_meta"} & set(result_of(caller.legacy("tools/list")))


@pytest.mark.parametrize("version", ["", *LEGACY])
def test_every_schema_is_valid_and_whole_in_every_revision(caller, tools, version):
    @tool
    def grow(tree: Branch, limit: int | None = None, most: float = math.inf) -> Branch:
        return tree

    for described in listed(caller, version).values():
        for schema in (described["inputSchema"], described["outputSchema"]):
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
    validator = Draft202012Validator(listed(caller, version)["grow"]["inputSchema"])
    assert validator.is_valid({"tree": {"name": "a", "branches": [{"name": "b"}]}, "limit": None})
    assert not validator.is_valid({"tree": {"name": "a", "branches": [{"name": 1}]}})
    assert not validator.is_valid({"tree": {"name": "a"}, "unknown": 1})


@pytest.mark.parametrize("text", ["Hello, World!", "", "Grüße, 世界 🌍", 'say "hi"\n', "\x00", "x" * 1_000_000])
def test_echo_returns_the_text(caller, text):
    result = caller.call("echo", text=text)
    assert text_of(result) == text
    assert result["structuredContent"] == {"result": text}
    assert not result.get("isError")


def test_get_time_is_now_in_utc_or_in_the_zone_asked_for(caller):
    told = datetime.fromisoformat(text_of(caller.call("get_time")))
    assert told.utcoffset() == timedelta(0)
    assert abs(told - datetime.now(told.tzinfo)) < timedelta(seconds=5)
    tokyo = datetime.fromisoformat(text_of(caller.call("get_time", timezone="Asia/Tokyo")))
    assert tokyo.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "/etc/passwd", "../../etc/passwd", "\x00", "a" * 5000, "Europe"])
def test_get_time_names_an_unknown_zone(caller, zone):
    result = caller.call("get_time", timezone=zone)
    assert result["isError"]
    assert "is not an IANA time zone" in text_of(result)


def test_get_user_info_returns_the_person_the_client_and_the_scopes(writer):
    assert writer.call("get_user_info")["structuredContent"] == {
        "username": "ada",
        "name": "",
        "email": "ada@example.com",
        "service": False,
        "scopes": ["read", "write"],
        "client": {"client_id": writer.client.client_id, "name": "Test client"},
    }


@pytest.mark.parametrize("version", ["", *LEGACY])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("echo", {"text": "hello"}), ("get_time", {}), ("get_user_info", {}), ("get_user_info", None)],
)
def test_servers_must_provide_structured_results_that_conform_to_the_output_schema(caller, version, name, arguments):
    params = {"name": name} if arguments is None else {"name": name, "arguments": arguments}
    response = caller.legacy("tools/call", params, version=version) if version else caller.modern("tools/call", params)
    schema = listed(caller, version)[name]["outputSchema"]
    Draft202012Validator(schema).validate(result_of(response)["structuredContent"])


def test_null_in_a_result_is_kept(caller, tools):
    @tool
    def find() -> dict[str, str | None]:
        return {"found": None}

    assert caller.call("find")["structuredContent"] == {"found": None}


def test_result_of_a_tool_without_a_return_type_is_text(caller, tools):
    @tool
    def add(one: int, other: int):
        return {"sum": one + other}

    result = caller.call("add", one=1, other=2)
    assert text_of(result) == '{"sum":3}'
    assert "structuredContent" not in result
    assert "outputSchema" not in listed(caller)["add"]


def test_tool_that_returns_nothing_has_an_empty_result(caller, tools):
    tool(name="nothing")(lambda: None)
    assert caller.call("nothing")["content"] == []
