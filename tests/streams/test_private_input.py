"""Nothing that a client sends is in an event or a line of the log, however wrong it is."""

from typing import Any

import pytest

from tests.mcp_api.messages import Body
from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer

SECRET = "my-private-PIN-4711"
INPUTS: dict[str, Body] = {
    "a string that is too long": {"pin": SECRET},
    "no choice": {"colour": SECRET},
    "no number": {"count": SECRET},
    "a list": {"count": [SECRET]},
    "no tag of a union": {"pet": {"kind": SECRET}},
    "a nested value": {"pet": {"kind": "cat", "lives": SECRET}},
    "a value of a dictionary": {"counts": {"a": SECRET}},
    "no date": {"when": SECRET},
    "no UUID": {"key": SECRET},
    "too many of them": {"pin": "1", "colour": "red", "count": 1, "when": "2030-01-01"},
}
NAMES: dict[str, Body] = {
    "an unknown name": {SECRET: 1},
    "a name in a dictionary": {"counts": {SECRET: "x"}},
}
ANSWERS: dict[str, Body] = {
    "a string that is too long": {"pin": SECRET},
    "no choice": {"pin": "1", "colour": SECRET},
    "an object": {"pin": {"a": SECRET}},
}


def written(server: LiveServer) -> str:
    """All events and the log."""
    events = server.database.rows("SELECT * FROM oauth_mcp_event")
    return f"{events}{server.log}"


def call(wire: Wire, name: str, arguments: Body, **params: Any) -> Any:
    return wire.post(**wire.modern("tools/call", {"name": name, "arguments": arguments, **params}))


@pytest.mark.parametrize("kind", INPUTS)
def test_argument_that_does_not_fit_is_named_but_not_repeated(wire: Wire, server: LiveServer, kind: str):
    for response in (call(wire, "enroll", INPUTS[kind]), wire.post(**wire.legacy_tool("enroll", **INPUTS[kind]))):
        result = response.json()["result"]
        assert result["isError"]
        assert SECRET not in response.text
        assert next(iter(INPUTS[kind])) in response.text or "maxProperties" in response.text
    assert SECRET not in written(server)


@pytest.mark.parametrize("kind", NAMES)
def test_name_that_a_client_made_up_is_not_kept(wire: Wire, server: LiveServer, kind: str):
    assert call(wire, "enroll", NAMES[kind]).json()["result"]["isError"]
    long = call(wire, "enroll", {"x" * 10_000: 1}).text
    assert len(long) < 1000
    assert SECRET not in written(server)


@pytest.mark.parametrize("tool", ["enroll", "enroll_by_schema"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_answer_that_does_not_fit_is_named_but_not_repeated(wire: Wire, server: LiveServer, tool: str, kind: str):
    answer = {"action": "accept", "content": ANSWERS[kind]}
    asked = call(wire, tool, {}).json()["result"]
    modern = call(wire, tool, {}, requestState=asked["requestState"], inputResponses={"pin": answer})
    wire.initialize()
    with wire.stream(**wire.legacy_tool(tool)) as stream:
        wire.answer(stream.message(), answer)
        [legacy] = stream.messages()
    for told in (modern.json(), legacy):
        assert told["error"]["code"] == -32602
        assert list(ANSWERS[kind])[-1] in told["error"]["message"]
        assert SECRET not in str(told)
    assert SECRET not in written(server)


def test_name_in_an_answer_is_not_kept(wire: Wire, server: LiveServer):
    asked = call(wire, "enroll_by_schema", {}).json()["result"]
    for content in ({"pin": "1", SECRET: 1}, {SECRET: 1}):
        answers = {"pin": {"action": "accept", "content": content}, SECRET: {"action": "accept"}}
        refused = call(wire, "enroll_by_schema", {}, requestState=asked["requestState"], inputResponses=answers)
        assert refused.json()["error"]["code"] == -32602
    assert SECRET not in written(server)


REQUESTS: dict[str, tuple[str, Body]] = {
    "a resource's address": ("resources/read", {"uri": f"pin://{SECRET}"}),
    "an unknown address": ("resources/read", {"uri": f"none://{SECRET}"}),
    "a prompt's argument": ("prompts/get", {"name": "enroll_prompt", "arguments": {"pin": SECRET}}),
    "a name of a prompt's argument": ("prompts/get", {"name": "enroll_prompt", "arguments": {SECRET: "1"}}),
    "a prompt's argument, no string": (
        "prompts/get",
        {"name": "enroll_prompt", "arguments": {SECRET: [SECRET]}},
    ),
    "what is completed": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "enroll_prompt"}, "argument": {"name": SECRET, "value": SECRET}},
    ),
    "what was chosen before": (
        "completion/complete",
        {
            "ref": {"type": "ref/resource", "uri": "news://{topic}/at{/place}{?day,hour}"},
            "argument": {"name": "place", "value": SECRET},
            "context": {"arguments": {"hour": SECRET, SECRET: SECRET}},
        },
    ),
    "what a completion is of": (
        "completion/complete",
        {"ref": {"type": SECRET, "uri": SECRET}, "argument": {"name": "a", "value": SECRET}},
    ),
    "a cursor": ("tools/list", {"cursor": SECRET}),
    "a state": ("tools/call", {"name": "enroll", "arguments": {}, "requestState": SECRET}),
    "answers that are none": ("tools/call", {"name": "enroll", "arguments": {}, "inputResponses": {SECRET: SECRET}}),
    "answers that nobody asked for": (
        "tools/call",
        {"name": "rename", "arguments": {"name": "a"}, "inputResponses": {SECRET: {"action": SECRET}}},
    ),
    "what is listened to": ("subscriptions/listen", {"notifications": {"resourceSubscriptions": {SECRET: SECRET}}}),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_nothing_else_that_is_wrong_in_a_request_is_kept(wire: Wire, server: LiveServer, kind: str):
    method, params = REQUESTS[kind]
    wire.post(**wire.modern(method, params))
    if method != "tools/call":
        # States and answers are none of a legacy call's, which would wait for an answer.
        wire.initialize().post(**wire.legacy(method, params))
    assert SECRET not in written(server)


@pytest.mark.parametrize(
    "header", ["Mcp-Name", "Mcp-Method", "MCP-Protocol-Version", "Mcp-Session-Id", "Last-Event-ID", "Origin"]
)
def test_header_that_is_wrong_is_not_kept(wire: Wire, server: LiveServer, header: str):
    sent = wire.modern("resources/read", {"uri": f"pin://{SECRET}"})
    for value in (f"pin://x {SECRET}", f"=?base64?{SECRET}?="):
        assert wire.post(json=sent["json"], headers={**sent["headers"], header: value}).status_code < 500
        with wire.initialize().get(**{header: value}) as stream:
            assert stream.response.status_code < 500
    assert SECRET not in written(server)


def test_level_and_body_that_are_wrong_are_not_kept(wire: Wire, server: LiveServer):
    wire.post(**wire.modern("tools/list", {}, log_level=SECRET))
    wire.initialize().post(**wire.legacy("logging/setLevel", {"level": SECRET}))
    for body in (f'{{"a": {SECRET}', f'"{SECRET}"', f'{{"jsonrpc": "{SECRET}", "id": {{"a": "{SECRET}"}}}}'):
        wire.post(content=body.encode(), headers={**wire.headers, "Content-Type": "application/json"})
    assert SECRET not in written(server)
