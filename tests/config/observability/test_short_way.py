"""A server with an event loop on PostgreSQL, whose calls go past Django: watched like any other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.config.observability.collector import Collector
from tests.config.observability.watched import Watched, new_id
from tests.streams.conftest import serve
from tests.support.database import Template
from tests.support.ports import free_port

pytestmark = pytest.mark.postgres_only


@pytest.fixture(scope="module")
def watched(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Without traces: those would have calls go the ordinary way."""
    port = free_port()
    folder = tmp_path_factory.mktemp("figures")
    env: dict[str, Any] = {
        "TRUSTED_PROXY": "true",
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
    }
    with Collector() as collector, serve(template, "asgi", workers=1, **env) as server:
        made = Watched(server, port, folder, collector)
        # The first call of a process reads the operator's rules, by the ordinary way.
        made.call("echo", text="a")
        yield made


@pytest.mark.parametrize("tool", ["echo", "get_user_info"])
def test_calls_are_counted_and_known_by_their_id(watched: Watched, tool: str) -> None:
    arguments = {"text": "a"} if tool == "echo" else {}
    counted = {
        "http_requests_total": {"endpoint": "/mcp/", "method": "POST", "status": "200"},
        "http_request_seconds_count": {"endpoint": "/mcp/"},
        "mcp_tool_calls_total": {"tool": tool, "outcome": "ok"},
    }
    before = {name: watched.figure(name, **labels) for name, labels in counted.items()}
    for _ in range(4):
        request_id = new_id()
        reply = watched.call(tool, request_id, **arguments)
        # REST framework, which sends the methods that a view allows, was not involved.
        assert (reply.status_code, "Allow" in reply.headers) == (200, False)
        assert reply.headers["X-Request-ID"] == request_id
        assert watched.actions(request_id) == [(f"tools/call {tool}", "ok")]
        assert [line["logger"] for line in watched.logged(request_id)] == ["accounts.audit.events"]
    assert {name: watched.figure(name, **labels) - before[name] for name, labels in counted.items()} == dict.fromkeys(
        counted, 4
    )


def test_limits_of_all_processes_hold(template: Template) -> None:
    """Counted in the database, as there is no Redis."""
    with serve(template, "asgi", LIMIT_CALLS_PERSON="10/minute") as server:
        made = Watched(server, 0, Path(), None)  # type: ignore[arg-type] # neither figures nor traces
        replies = [made.call("echo", text="a") for _ in range(14)]
        assert sorted(reply.status_code for reply in replies) == [200] * 10 + [429] * 4
        assert {"ratelimit", "ratelimit-policy"} <= replies[0].headers.keys() & replies[9].headers.keys()
