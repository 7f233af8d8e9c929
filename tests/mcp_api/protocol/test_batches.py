"""JSON-RPC batches, which 2025-03-26 alone knows."""

import json
from typing import Any

import pytest

from accounts.models import Event
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import Body, initialize, request

pytestmark = pytest.mark.django_db

VERSION = {"MCP-Protocol-Version": "2025-03-26"}
NOTIFICATION = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def echo(number: int) -> Body:
    return request("tools/call", {"name": "echo", "arguments": {"text": str(number)}}, id=number)


def answers(caller: Caller, *batch: Any, headers: dict[str, str] = VERSION) -> list[Body]:
    response = caller.send(list(batch), headers)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    return json.loads(response.content)


@pytest.mark.parametrize("headers", [VERSION, {}])
def test_requests_are_answered_in_one_list(caller, headers):
    told = answers(caller, echo(1), NOTIFICATION, echo(2), headers=headers)
    assert [(one["id"], one["result"]["content"][0]["text"]) for one in told] == [(1, "1"), (2, "2")]


def test_each_counts_as_a_call(caller):
    answers(caller, echo(1), echo(2), request("ping", id=3))
    assert Event.objects.filter(kind="mcp", action="tools/call echo").count() == 2
    assert Event.objects.filter(kind="mcp").count() == 3


def test_only_notifications_are_accepted_without_a_body(caller):
    response = caller.send([NOTIFICATION, NOTIFICATION], VERSION)
    assert (response.status_code, response.content) == (202, b"")


def test_bad_member_gets_its_error_beside_the_others(caller):
    told = answers(caller, echo(1), 5, {"jsonrpc": "1.0", "id": 3, "method": "ping"}, request("unknown", id=4))
    assert [one.get("error", {}).get("code") for one in told] == [None, -32600, -32600, -32601]
    assert [one.get("id") for one in told] == [1, None, 3, 4]


def test_missing_scope_of_one_does_not_spoil_the_others(caller, tools):
    from mcp_api import tool

    tool(name="write", scopes=["write"])(lambda: None)
    told = answers(caller, request("tools/call", {"name": "write"}, id=1), echo(2))
    assert "write" in told[0]["error"]["message"]
    assert told[1]["result"]


def test_defect_of_one_does_not_spoil_the_others(caller, monkeypatch):
    from mcp_api.methods import table

    monkeypatch.setitem(table.HANDLERS, "ping", lambda call: 1 / 0)
    told = answers(caller, request("ping", id=1), echo(2))
    assert told[0]["error"]["code"] == -32603
    assert "division" not in str(told)
    assert told[1]["result"]


def test_the_initialize_request_must_not_be_part_of_a_batch(caller):
    [refused] = answers(caller, initialize("2025-03-26"))
    assert refused["error"]["code"] == -32600


@pytest.mark.parametrize("size", [0, 21])
def test_batch_of_none_or_too_many_is_refused(caller, size):
    response = caller.send([echo(number) for number in range(size)], VERSION)
    assert response.status_code == 400
    assert not Event.objects.filter(action__startswith="tools/call").exists()


def test_session_of_another_revision_takes_no_batches_even_without_a_version_header(caller):
    session = caller.send(initialize("2025-11-25"))["Mcp-Session-Id"]
    assert caller.send([echo(1)], {"Mcp-Session-Id": session}).status_code == 400
