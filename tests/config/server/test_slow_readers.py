"""Clients that are slow to take their answers: others are served meanwhile, and what is kept for them has a bound."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# The longest file of the pages.
PATH = "/static/admin/js/vendor/xregexp/xregexp.js"
SOCKETS = 60
PIPELINED = 40
GENEROUS_SECONDS = 10


@pytest.fixture(scope="module", params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param, workers=1) as running:
        yield running


def slow_reader(server: LiveServer, requests: bytes) -> socket.socket:
    """A client with hardly any room for an answer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.settimeout(60)
    client.connect(("127.0.0.1", server.port))
    client.sendall(requests)
    return client


def get(path: str = PATH, method: str = "GET", more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


@contextmanager
def slow_readers(server: LiveServer, requests: bytes) -> Iterator[list[socket.socket]]:
    clients = [slow_reader(server, requests) for _ in range(SOCKETS)]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


def drip(clients: list[socket.socket]) -> None:
    for client in clients:
        client.setblocking(False)
        with suppress(OSError):
            client.recv(3000)


def megabytes(server: LiveServer) -> float:
    status = Path(f"/proc/{server.worker_pids[0]}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_others_are_served_while_answers_are_not_taken(server: LiveServer, method: str) -> None:
    with slow_readers(server, get(method=method) * PIPELINED) as clients:
        for _ in range(10):
            drip(clients)
            started = time.monotonic()
            assert httpx2.get(f"{server.url}/health/live", timeout=60).status_code == 200
            # On threads it was a minute, until the kernel ended the connections.
            assert time.monotonic() - started < GENEROUS_SECONDS


def test_no_request_is_begun_before_the_answer_to_the_one_before_it_is_sent(server: LiveServer) -> None:
    httpx2.get(f"{server.url}{PATH}")
    before = megabytes(server)
    with slow_readers(server, get() * PIPELINED):
        time.sleep(3)
        # One answer for each is 20 MB; all of them would be 800.
        assert megabytes(server) - before < 100


def test_requests_behind_an_answer_that_is_taken_slowly_are_answered_in_turn(server: LiveServer) -> None:
    content = httpx2.get(f"{server.url}{PATH}", headers={"Accept-Encoding": "identity"}).content
    client = slow_reader(server, get() + get(method="HEAD") + get("/health/live", more="Connection: close\r\n"))
    time.sleep(1)
    said = b""
    with client:
        while data := client.recv(65_536):
            said += data
    first, _, rest = said.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert rest[: len(content)] == content
    head, _, last = rest[len(content) :].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert f"content-length: {len(content)}" in head.decode().lower()
    assert last.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1 ") == 3


def test_a_part_of_a_file_is_sent_as_asked_for(server: LiveServer) -> None:
    content = httpx2.get(f"{server.url}{PATH}", headers={"Accept-Encoding": "identity"}).content
    response = httpx2.get(f"{server.url}{PATH}", headers={"Accept-Encoding": "identity", "Range": "bytes=5-199999"})
    assert (response.status_code, response.content) == (206, content[5:200_000])


def test_clients_that_go_before_they_took_an_answer_leave_no_traceback(server: LiveServer) -> None:
    with slow_readers(server, get() * 3):
        time.sleep(1)
    assert httpx2.get(f"{server.url}/health/live", timeout=60).status_code == 200
    assert "Traceback" not in server.log
