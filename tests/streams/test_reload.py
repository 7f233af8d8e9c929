"""A reload of the server while calls run: they end as if nothing had happened, or are told to come again."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.streams.conftest import serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.patience import eventually
from tests.support.servers.server import LiveServer

GRACEFUL_SECONDS = 14


@pytest.fixture(scope="module", params=["gthread", "asgi"])
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    args = f"--worker-class {request.param} --graceful-timeout {GRACEFUL_SECONDS}"
    with serve(template, request.param, workers=1, GUNICORN_CMD_ARGS=args) as running:
        yield running


@pytest.fixture
def wire(server: LiveServer) -> Wire:
    return Wire(server)


def reload(server: LiveServer) -> None:
    """Begin a reload, and wait until the former process has been told to stop."""
    former = set(server.worker_pids)
    server.reload()
    assert eventually(lambda: bool(set(server.worker_pids) - former))
    time.sleep(2)


def call(wire: Wire, era: str, tool: str, /, **arguments: Any) -> dict[str, Any]:
    if era == "legacy":
        wire.initialize()
    return (wire.tool if era == "modern" else wire.legacy_tool)(tool, **arguments)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_call_that_has_reported_progress_ends_with_its_result_and_its_writes(wire: Wire, era: str):
    with wire.stream(**call(wire, era, "write_slowly", name=f"after {era}", seconds=5)) as stream:
        stream.message()
        reload(wire.server)
        *_, last = stream.messages()
    assert last["result"]["content"][0]["text"] == "written"
    assert wire.first_name == f"after {era}"
    assert wire.outcomes("tools/call write_slowly") == [("ok", "")]


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_call_that_takes_longer_than_the_process_has_is_answered_and_rolled_back(wire: Wire, era: str):
    with wire.stream(**call(wire, era, "write_slowly", name="lost", seconds=60)) as stream:
        stream.message()
        reload(wire.server)
        *_, last = stream.messages()
    assert last["result"]["isError"] is True
    assert "The server restarts" in last["result"]["content"][0]["text"]
    assert wire.first_name != "lost"
    assert wire.outcomes("tools/call write_slowly") == [("failed", "server_stopped")]


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_silent_call_that_takes_longer_than_the_process_has_is_answered(wire: Wire, era: str):
    sent = call(wire, era, "silent", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(wire.post, **sent)
        time.sleep(1)
        reload(wire.server)
        result = answer.result().json()["result"]
    assert (result["isError"], "The server restarts" in result["content"][0]["text"]) == (True, True)
    assert wire.outcomes("tools/call silent") == [("failed", "server_stopped")]


def test_async_call_that_has_reported_progress_ends_with_its_result(wire: Wire):
    with wire.stream(**wire.tool("sleep", seconds=5)) as stream:
        stream.message()
        reload(wire.server)
        *_, last = stream.messages()
    assert last["result"]["content"][0]["text"] == "slept"
