"""Request ids: the same in the reply, the log and the audit log."""

import json
import re
from typing import Any

import httpx2
import pytest

from tests.config.observability.watched import Watched, new_id
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_user_info", {}),
        ("silent", {"seconds": 0}),
        ("overstay_asynchronously", {}),
        ("overstay", {"name": "Late", "seconds": 1.5}),
        ("no_such_tool", {}),
    ],
)
def test_proxys_id_is_in_the_reply_the_log_and_the_audit_log(
    watched: Watched, tool: str, arguments: dict[str, Any]
) -> None:
    request_id = new_id()
    response = watched.call(tool, request_id, **arguments)
    assert response.headers["X-Request-ID"] == request_id
    [(action, outcome)] = watched.actions(request_id)
    assert action == f"tools/call {tool}"
    [line] = [line for line in watched.logged(request_id) if line["logger"] == "accounts.audit.events"]
    assert (line["action"], line["outcome"], line["message"]) == (action, outcome, f"mcp {outcome}")


def test_streamed_reply_has_it_too(watched: Watched) -> None:
    request_id = new_id()
    sent = watched.wire.tool("count", to=2)
    sent["headers"]["X-Request-ID"] = request_id
    with watched.wire.stream(**sent) as stream:
        assert stream.response.headers["X-Request-ID"] == request_id
        stream.messages()
    assert watched.actions(request_id) == [("tools/call count", "ok")]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "{}", '"'])
def test_id_that_is_not_well_formed_is_replaced(watched: Watched, given: str) -> None:
    told = httpx2.get(f"{watched.server.url}/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert len(told) == 32
    assert int(told, 16)


def test_requests_have_different_ids(watched: Watched) -> None:
    ids = {httpx2.get(f"{watched.server.url}/health").headers["X-Request-ID"] for _ in range(5)}
    assert len(ids) == 5
    assert sorted(ids)[0][:6] == sorted(ids)[-1][:6], "they begin with the time"


def test_without_a_trusted_proxy_clients_cannot_choose_the_id(server: LiveServer) -> None:
    told = httpx2.get(f"{server.url}/health", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"]
    assert told != "mine"


def test_each_line_of_the_log_is_json(watched: Watched) -> None:
    watched.call("echo", text="a\nb")
    # A tool prints something, in two pieces, between which another process may write its own line.
    printed = re.compile(r"overstay_asynchronously was stopped|^\n", re.MULTILINE)
    lines = [json.loads(line) for line in printed.sub("", watched.server.log).splitlines() if line]
    loggers = {line["logger"] for line in lines}
    assert {"gunicorn.error", "accounts.audit.events"} <= loggers
    # It would contain the query strings of addresses.
    assert "gunicorn.access" not in loggers
    assert all({"time", "level", "message"} <= line.keys() for line in lines)


def test_defect_is_logged_with_its_traceback_and_its_request(watched: Watched) -> None:
    request_id = new_id()
    told = watched.call("faulty", request_id).json()["result"]["content"][0]["text"]
    reference = told.rstrip(".").rsplit(" ", 1)[1]
    [line] = [line for line in watched.logged(request_id) if reference in line["message"]]
    assert "RuntimeError: on purpose" in line["exception"]
    assert line["trace_id"]


def test_refusal_that_anybody_can_bring_about_is_one_line_without_a_traceback(watched: Watched) -> None:
    request_id = new_id()
    headers = {"Host": "somebody.else", "X-Request-ID": request_id}
    assert httpx2.get(f"{watched.server.url}/admin/", headers=headers).status_code == 400
    [line] = [line for line in watched.logged(request_id) if line["logger"].startswith("django.security")]
    assert "somebody.else" in line["message"]
    assert "exception" not in line
