"""Requests that are begun and never ended: others are served meanwhile, and each has a deadline as a whole."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.http import unfinished
from tests.support.http.unfinished import BODY, CHUNKED, HALF_BODIES, HALF_HEADERS, LEFT_OPEN, NOTHING, answer, begin
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# Of the server, for what does not arrive.
TIMEOUT_SECONDS = 3
KEEP_ALIVE_SECONDS = 5
# Between its look at the clock and the test's, on a machine that does other work too.
GENEROUS_SECONDS = 12
SOCKETS = 300


@pytest.fixture(scope="module", params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    options = f"--worker-class {request.param} --keep-alive {KEEP_ALIVE_SECONDS}"
    env = {"GUNICORN_CMD_ARGS": options, "REQUEST_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)}
    with serve(template, request.param, workers=1, **env) as running:
        yield running


@pytest.fixture(scope="module", params=WORKERS)
def patient(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    """One whose deadlines do not come while a test lasts, with few connections."""
    options = f"--worker-class {request.param} --worker-connections 100"
    with serve(template, request.param, workers=1, GUNICORN_CMD_ARGS=options, REQUEST_TIMEOUT_SECONDS="600") as running:
        yield running


def longest_answer(server: LiveServer, times: int = 10) -> float:
    """The longest of so many requests, in seconds."""
    seconds = []
    for _ in range(times):
        started = time.monotonic()
        assert httpx2.get(f"{server.url}/health/live", timeout=60).status_code == 200
        seconds.append(time.monotonic() - started)
    return max(seconds)


KINDS = {"nothing": [NOTHING], "half headers": HALF_HEADERS, "half bodies": HALF_BODIES, "left open": LEFT_OPEN}


@pytest.mark.parametrize("kind", KINDS)
def test_others_are_served_while_requests_are_unfinished(server: LiveServer, kind: str) -> None:
    with unfinished.open_sockets(server, SOCKETS, KINDS[kind]):
        # On threads 16 of them silenced the server until they ended.
        assert longest_answer(server) < TIMEOUT_SECONDS / 2


@pytest.mark.parametrize("path", ["/mcp", "/oauth/token", "/oauth/register", "/accounts/login/"])
@pytest.mark.parametrize("form", [BODY, CHUNKED], ids=["of a known length", "chunked"])
def test_a_body_that_does_not_arrive_is_refused_in_the_endpoints_own_form(
    server: LiveServer, form: bytes, path: str
) -> None:
    said = answer(begin(server, form % path.encode()))
    head, _, content = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"took too long to arrive" in content
    assert (b"jsonrpc" in content) == (path == "/mcp")
    assert (b"error_description" in content) == path.startswith("/oauth/")


@pytest.mark.parametrize("start", HALF_HEADERS, ids=str)
def test_headers_that_do_not_arrive_are_refused(server: LiveServer, start: bytes) -> None:
    assert answer(begin(server, start)).startswith(b"HTTP/1.1 408 ")


def test_a_connection_on_which_nothing_comes_is_closed(server: LiveServer) -> None:
    assert answer(begin(server, b"")) == b""


@pytest.mark.parametrize(
    "start", [b"POST /mcp HTTP/1.1\r\nX-Long: ", BODY % b"/mcp", CHUNKED % b"/mcp"], ids=["headers", "body", "chunked"]
)
def test_an_octet_now_and_then_does_not_put_the_deadline_off(server: LiveServer, start: bytes) -> None:
    connection, started = begin(server, start), time.monotonic()
    with unfinished.dripping([connection]):
        assert b"HTTP/1.1 200 " not in answer(connection)
    assert time.monotonic() - started < TIMEOUT_SECONDS + GENEROUS_SECONDS


def test_headers_of_a_later_request_have_a_deadline_too(server: LiveServer) -> None:
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection, started = begin(server, whole), time.monotonic()
    connection.recv(9999)
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHo")
    answer(connection, 60)
    # Under an event loop, that of an idle connection.
    assert time.monotonic() - started < KEEP_ALIVE_SECONDS + GENEROUS_SECONDS


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(server: LiveServer) -> None:
    content = b'{"client_name": "Asked", "redirect_uris": ["https://app.example/callback"]}'
    head = f"POST /oauth/register HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {len(content)}"
    connection = begin(server, f"{head}\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n".encode())
    assert connection.recv(9999).startswith(b"HTTP/1.1 100 ")
    connection.sendall(content)
    assert b"HTTP/1.1 201 " in answer(connection)


def test_requests_that_come_at_once_are_answered_in_turn(server: LiveServer) -> None:
    one = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=b"
    last = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    said = answer(begin(server, one + one + last))
    assert [said.count(b"HTTP/1.1 400 "), said.count(b"HTTP/1.1 200 ")] == [2, 1]


def test_thousands_of_requests_that_come_at_once_are_answered_in_turn(server: LiveServer) -> None:
    one = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    connection = begin(server, b"")
    sending = threading.Thread(target=connection.sendall, args=[one * 5000 + last])
    sending.start()
    assert answer(connection, 120).count(b"HTTP/1.1 200 ") == 5001
    sending.join()


def test_requests_of_a_client_that_takes_no_answer_are_not_kept_without_end(server: LiveServer) -> None:
    one = b"GET /static/admin/css/base.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = memory(server)
    connections = [begin(server, b"") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda connection: send_what_it_takes(connection, one * 5000), connections))
    after = memory(server)
    for connection in connections:
        connection.close()
    assert after - before < len(connections) * 15_000_000


def send_what_it_takes(connection: socket.socket, data: bytes) -> None:
    """Up to 64 MB, until nothing is taken for a second. Some of it is with the kernels of both sides."""
    connection.settimeout(1)
    with suppress(OSError):
        for _ in range(64_000_000 // len(data)):
            connection.sendall(data)


def memory(server: LiveServer) -> int:
    """Return the memory of its processes, in octets."""
    status = [Path(f"/proc/{pid}/status").read_text() for pid in server.worker_pids]
    return sum(int(re.findall(r"VmRSS:\s+(\d+) kB", each)[0]) * 1024 for each in status)


def test_large_bodies_that_end_before_they_are_whole_end_no_process(server: LiveServer) -> None:
    processes, before = server.worker_pids, memory(server)
    head = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2400000\r\n\r\n"
    for _ in range(3):
        # Together larger than what one process keeps.
        connections = [begin(server, head) for _ in range(120)]
        for connection in connections:
            connection.settimeout(5)
        with ThreadPoolExecutor(20) as threads:
            list(threads.map(send_all_but_the_end, connections))
        for connection in connections:
            connection.close()
    assert longest_answer(server) < GENEROUS_SECONDS
    assert server.worker_pids == processes
    # What one process keeps at a time, twice: nothing of it waits for the garbage collector.
    assert memory(server) - before < 300_000_000
    assert "Traceback" not in server.log


def send_all_but_the_end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.sendall(b"[" * 2_399_000)


def test_a_body_that_comes_in_pieces_in_time_is_read(server: LiveServer) -> None:
    content = b'{"client_name": "Pieces", "redirect_uris": ["https://app.example/callback"]}'
    head = f"POST /oauth/register HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\nConnection: close"
    connection = begin(server, f"{head}\r\nContent-Type: application/json\r\n\r\n".encode())
    for at in range(0, len(content), 20):
        time.sleep(0.05)
        connection.sendall(content[at : at + 20])
    assert b"HTTP/1.1 201 " in answer(connection)


def test_those_that_wait_for_longest_make_room_for_others(patient: LiveServer) -> None:
    with unfinished.open_sockets(patient, 250) as connections:
        assert longest_answer(patient) < 10
        assert answer(connections[0]) == b""
    assert "Traceback" not in patient.log


def test_no_unfinished_request_leaves_a_traceback_in_the_log(server: LiveServer) -> None:
    for start in unfinished.EVERY_KIND:
        begin(server, start).close()
    assert longest_answer(server, 1) < GENEROUS_SECONDS
    assert "Traceback" not in server.log
