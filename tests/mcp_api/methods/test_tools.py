"""`tools/list` and `tools/call` through the endpoint."""

import asyncio
import logging
import math
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, PARSE_ERROR
from pydantic import BaseModel

from accounts.models import Consent, Event, User
from mcp_api import Context, ToolError, tool
from tests.mcp_api.conftest import Caller, error_of, make_caller, result_of, verbs_of
from tests.mcp_api.messages import LEGACY, Body

pytestmark = pytest.mark.django_db


class Branch(BaseModel):
    name: str
    branches: list["Branch"] = []


def listed(caller: Caller, version: str = "") -> dict[str, Body]:
    """The tools by name, in the revision `version`, or in the modern era."""
    response = caller.legacy("tools/list", version=version) if version else caller.modern("tools/list")
    return {described["name"]: described for described in result_of(response)["tools"]}


def text_of(result: Body) -> str:
    [content] = result["content"]
    assert content["type"] == "text"
    return content["text"]


def is_told_an_id_only(result: Body, secret: str) -> bool:
    return (
        result["isError"]
        and re.fullmatch(r"The tool failed\. .* under [0-9a-f]{8}\.", text_of(result)) is not None
        and "structuredContent" not in result
        and secret not in str(result)
    )


# --- The list ------------------------------------------------------------------------------


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


# --- The demo tools ------------------------------------------------------------------------


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
def test_get_time_names_what_is_no_zone(caller, zone):
    result = caller.call("get_time", timezone=zone)
    assert result["isError"]
    assert "is not an IANA time zone" in text_of(result)


def test_get_user_info_tells_the_person_the_client_and_the_scopes(writer):
    assert writer.call("get_user_info")["structuredContent"] == {
        "username": "ada",
        "name": "",
        "email": "ada@example.com",
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


def test_result_of_a_tool_that_does_not_say_what_it_returns_is_told_as_text(caller, tools):
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


# --- What goes wrong -----------------------------------------------------------------------


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
def test_arguments_that_are_no_object_are_invalid_params(caller, arguments):
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


def test_tool_error_is_told_to_the_model(caller, tools):
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
def test_tool_that_raises_tells_an_id_only_and_logs_the_rest(caller, tools, caplog, exception, timeout, kind):
    """Whether it runs where it came in, or in a thread; and whatever it raises, the server stays up."""

    def stumble_at_once() -> str:
        raise exception

    async def stumble_later() -> str:
        raise exception

    tool(name="stumble", timeout=timeout)(stumble_at_once if kind == "sync" else stumble_later)

    result = caller.call("stumble")
    assert is_told_an_id_only(result, "hunter2")
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    reference = text_of(result)[-9:-1]
    assert record.getMessage() == f"tool stumble failed, reference {reference}"
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("value", ["hunter2", None, Branch.model_construct(name={"hunter2"}), math.nan])
def test_tool_that_returns_what_its_schema_forbids_has_failed(caller, tools, value):
    @tool
    def lie() -> float | Branch:
        return value

    assert is_told_an_id_only(caller.call("lie"), "hunter2")


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
    assert is_told_an_id_only(caller.call("lie"), "hunter2")


def test_number_beyond_all_floats_never_reaches_a_tool(caller, tools):
    @tool
    def double(number: float) -> float:
        return 2 * number

    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"double","arguments":{"number":1e999}}}'
    response = caller.send(body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, PARSE_ERROR)
    assert "larger than 1.7e308" in response.json()["error"]["message"]


# --- Scopes --------------------------------------------------------------------------------


@pytest.fixture
def publish(tools) -> None:
    @tool(scopes=["read", "write"])
    def publish() -> str:
        return "done"


@pytest.mark.usefixtures("publish")
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_token_that_lacks_a_scope_is_told_which_to_ask_for(caller, era):
    response = getattr(caller, era)("tools/call", {"name": "publish"})
    assert response.status_code == 403
    assert response.json()["error"] == "insufficient_scope"
    assert response["WWW-Authenticate"] == (
        'Bearer error="insufficient_scope", error_description="This requires the scope read write.", '
        'scope="read write", '
        'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'
    )


@pytest.mark.usefixtures("publish")
def test_all_scopes_of_a_tool_are_needed():
    assert make_caller(scope="write").modern("tools/call", {"name": "publish"}).status_code == 403


@pytest.mark.usefixtures("publish")
def test_token_with_the_scopes_is_served(writer):
    assert text_of(writer.call("publish")) == "done"


@pytest.mark.usefixtures("publish")
def test_scopes_are_asked_for_before_arguments_are_looked_at(caller):
    response = caller.modern("tools/call", {"name": "publish", "arguments": {"unknown": 1}})
    assert response.status_code == 403


def test_unknown_tool_never_asks_for_scopes(caller):
    assert caller.modern("tools/call", {"name": "unknown"}).status_code == 400


# --- Transactions --------------------------------------------------------------------------


@pytest.fixture
def add_person(tools) -> None:
    @tool
    def add_person(name: str, problem: str = "") -> str:
        User.objects.create(username=name)
        match problem:
            case "told":
                raise ToolError("Not this one.")
            case "defect":
                raise LookupError
            case "returned":
                return 1  # type: ignore[return-value]
        return name

    @tool(atomic=True)
    async def add_person_async(name: str, problem: str) -> str:
        await User.objects.acreate(username=name)
        raise ToolError(problem)


def outcomes() -> list[tuple[str, str]]:
    return [(event.outcome, event.reason) for event in Event.objects.filter(kind="mcp")]


@pytest.mark.usefixtures("add_person")
@pytest.mark.parametrize(("problem", "reason"), [("told", "tool_error"), ("defect", "defect"), ("returned", "defect")])
def test_writes_of_a_tool_that_fails_are_taken_back_and_its_event_stays(caller, problem, reason):
    assert caller.call("add_person", name="grace", problem=problem)["isError"]
    assert not User.objects.filter(username="grace").exists()
    assert outcomes() == [("failed", reason)]


@pytest.mark.usefixtures("add_person")
def test_writes_of_an_async_tool_that_wants_a_transaction_are_taken_back_too(caller):
    assert caller.call("add_person_async", name="grace", problem="No.")["isError"]
    assert not User.objects.filter(username="grace").exists()


@pytest.mark.usefixtures("add_person")
def test_writes_of_a_tool_that_succeeds_stay_with_its_event(caller):
    assert text_of(caller.call("add_person", name="grace")) == "grace"
    assert User.objects.filter(username="grace").exists()
    assert outcomes() == [("ok", "")]


@pytest.mark.usefixtures("add_person")
@pytest.mark.django_db(transaction=True)
def test_writes_and_event_of_a_success_are_committed_together():
    caller = make_caller()
    with CaptureQueriesContext(connection) as queries:
        caller.call("add_person", name="grace")
    verbs = [verb for verb in verbs_of(queries) if verb not in ("SAVEPOINT", "RELEASE")]
    assert verbs == ["SELECT", "BEGIN", "INSERT", "INSERT", "COMMIT"]


@pytest.mark.django_db(transaction=True)
def test_tool_that_breaks_a_constraint_at_commit_leaves_nothing_but_its_event(tools, caplog):
    @tool
    def consent_for_nobody(context: Context) -> str:
        Consent.objects.create(user_id=0, client=context.client, scope="read")
        return "done"

    error = error_of(make_caller().legacy("tools/call", {"name": "consent_for_nobody"}))
    assert error["code"] == INTERNAL_ERROR
    assert re.fullmatch("Internal error, reference [0-9a-f]{8}", error["message"])
    assert error["message"][-8:] in caplog.text
    assert not Consent.objects.filter(user_id=0).exists()
    assert outcomes() == [("failed", "defect")]


@pytest.mark.django_db(transaction=True)
def test_tool_that_only_reads_holds_no_transaction(tools):
    @tool(read_only=True)
    def look() -> bool:
        return connection.in_atomic_block

    @tool
    def change() -> bool:
        return connection.in_atomic_block

    caller = make_caller()
    assert caller.call("look")["structuredContent"] == {"result": False}
    assert caller.call("change")["structuredContent"] == {"result": True}
