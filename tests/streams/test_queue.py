"""Calls that wait: so many, of such a size, by turns; and nothing is kept for a client that has gone."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mcp_api.workers.threads import MOST_WAITING_OF_ONE
from tests.streams.conftest import WORKERS, serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.patience import eventually
from tests.support.servers.server import LiveServer

LARGE = "x" * 2_300_000
both_workers = pytest.mark.parametrize("worker", WORKERS)


def open_request(wire: Wire, sent: dict[str, Any]) -> socket.socket:
    """Send a request over a connection of its own, and read nothing."""
    body = json.dumps(sent["json"]).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in sent["headers"].items())
    head = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: application/json\r\n{headers}\r\n"
    host, port = wire.server.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(head.encode() + body)
    return connection


@contextmanager
def slow_calls(wire: Wire, number: int, seconds: float) -> Iterator[None]:
    """So many calls at once that take so long, of a person with a session."""
    opened = [open_request(wire, wire.legacy_tool("silent", seconds=seconds)) for _ in range(number)]
    try:
        time.sleep(1)
        yield
    finally:
        for connection in opened:
            connection.close()


def megabytes(server: LiveServer) -> int:
    """The resident memory of the server's one worker."""
    [pid] = server.worker_pids
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def seconds_for(request: Any) -> float:
    started = time.monotonic()
    response = request()
    assert response.status_code == 200, response.text
    return time.monotonic() - started


@both_workers
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_abandoned_calls_are_not_kept_without_a_bound(template: Template, worker: str, era: str):
    with serve(template, worker, workers=1) as server:
        wire = Wire(server).initialize()
        make = wire.tool if era == "modern" else wire.legacy_tool
        with slow_calls(wire, 8, 18):

            def abandon(number: int) -> int:
                for _ in range(number):
                    connection = open_request(wire, make("silent", seconds=0.01, pad=LARGE))
                    time.sleep(0.1)
                    connection.close()
                return megabytes(server)

            # Each is 5 MB once it is read: the first fill the space that there is.
            before = abandon(30)
            assert abandon(30) - before < 75
            other = Wire(server)
            assert seconds_for(lambda: other.post(**other.tool("silent", seconds=0.01))) < 5


@both_workers
def test_one_person_leaves_threads_to_others_and_to_health(template: Template, worker: str):
    with serve(template, worker, workers=1) as server:
        wire, other = Wire(server).initialize(), Wire(server)
        with slow_calls(wire, 40, 12):
            assert seconds_for(lambda: httpx2.get(f"{server.url}/health", timeout=30)) < 4
            assert seconds_for(lambda: other.post(**other.tool("echo", text="hi"))) < 4
            assert seconds_for(lambda: other.post(**other.tool("silent", seconds=0.01))) < 4


@both_workers
def test_all_people_together_leave_threads_to_health(template: Template, worker: str):
    with serve(template, worker, workers=1) as server:
        people = [Wire(server).initialize() for _ in range(4)]
        with slow_calls(people[0], 12, 8), slow_calls(people[1], 12, 8), slow_calls(people[2], 12, 8):
            assert seconds_for(lambda: httpx2.get(f"{server.url}/health", timeout=30)) < 3
            assert seconds_for(lambda: people[3].post(**people[3].modern("tools/list", {}))) < 3


APP_CODE: dict[str, tuple[str, dict[str, Any]]] = {
    "completion": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "proposals"}, "argument": {"name": "slow", "value": "x"}},
    ),
    "resource": ("resources/read", {"uri": "slow://news"}),
    "prompt": ("prompts/get", {"name": "slow_prompt"}),
    "tool that reads": ("tools/call", {"name": "slow_reading"}),
    "tool that writes": ("tools/call", {"name": "slow_writing"}),
}


@both_workers
def test_no_code_of_an_app_runs_in_the_threads_that_answer_everybody(template: Template, worker: str):
    with serve(template, worker, workers=1) as server:
        people = [Wire(server) for _ in APP_CODE]
        other = Wire(server)
        opened = [
            open_request(person, person.modern(method, params))
            for person, (method, params) in zip(people, APP_CODE.values(), strict=True)
            for _ in range(4)
        ]
        try:
            time.sleep(1)
            assert seconds_for(lambda: httpx2.get(f"{server.url}/health", timeout=30)) < 3
            assert seconds_for(lambda: other.post(**other.modern("tools/list", {}))) < 3
        finally:
            for connection in opened:
                connection.close()


@pytest.mark.postgres_only
def test_slow_calls_leave_connections_of_the_pool_to_other_requests(template: Template):
    with serve(template, "asgi", workers=1, DATABASE_POOL="8") as server:
        people = [Wire(server) for _ in range(2)]
        opened = [open_request(each, each.modern(*APP_CODE["tool that writes"])) for each in people for _ in range(8)]
        try:
            time.sleep(1)
            assert seconds_for(lambda: httpx2.get(f"{server.url}/health/ready", timeout=30)) < 3
            assert seconds_for(lambda: httpx2.get(f"{server.url}/accounts/login/", timeout=30)) < 3
        finally:
            for connection in opened:
                connection.close()


def first_refused(wire: Wire) -> httpx2.Response:
    """The first answer of 503 to a quick call. One that waits before that is given up."""
    for _ in range(10):
        with suppress(httpx2.ReadTimeout):
            response = wire.post(**wire.tool("silent", seconds=0), timeout=3)
            if response.status_code == 503:
                return response
    raise AssertionError("None was refused.")


# What runs at a time of one tool, as settings have it, and what waits.
@pytest.mark.parametrize(("worker", "most"), [("gthread", 40), ("asgi", 40 + MOST_WAITING_OF_ONE)])
def test_calls_beyond_what_may_wait_are_told_to_come_again(template: Template, worker: str, most: int):
    with serve(template, worker, workers=1) as server:
        wire = Wire(server)
        opened = [open_request(wire, wire.tool("silent", seconds=50)) for _ in range(most + 20)]
        try:
            refused = first_refused(wire)
            assert refused.headers["Retry-After"]
            assert "busy" in refused.text
        finally:
            for connection in opened:
                connection.close()


@both_workers
def test_a_client_may_make_eight_calls_at_once(template: Template, worker: str):
    with serve(template, worker, workers=1) as server, ThreadPoolExecutor(8) as pool:
        wire = Wire(server)
        calls = list(pool.map(lambda _: wire.post(**wire.tool("silent", seconds=0.5)), range(8)))
    assert [response.status_code for response in calls] == [200] * 8


@both_workers
def test_places_are_given_back_when_calls_have_ended(template: Template, worker: str):
    with serve(template, worker, workers=1) as server:
        wire = Wire(server).initialize()
        for _ in range(3):
            with slow_calls(wire, 40, 0.5):
                pass

        def is_free() -> bool:
            with ThreadPoolExecutor(8) as pool:
                calls = list(pool.map(lambda _: wire.post(**wire.tool("silent", seconds=0.1)), range(8)))
            return all(response.status_code == 200 for response in calls)

        assert eventually(is_free, 15)
