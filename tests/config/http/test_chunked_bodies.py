"""Bodies without a Content-Length, as some clients and proxies send them."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.http.unfinished import answer, begin
from tests.support.patience import PATIENCE_SECONDS
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

REGISTRATION = b'{"client_name": "Chunked", "redirect_uris": ["https://app.example/callback"]}'


def in_pieces(body: bytes, size: int = 7) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


def register(server: LiveServer, body: bytes) -> httpx2.Response:
    headers = {"Content-Type": "application/json"}
    return httpx2.post(f"{server.url}/oauth/register", content=in_pieces(body, 65_536), headers=headers)


def test_a_chunked_body_is_read(server: LiveServer) -> None:
    response = httpx2.post(f"{server.url}/oauth/register", content=in_pieces(REGISTRATION))
    assert response.status_code == 201, response.text
    assert response.json()["client_name"] == "Chunked"


def test_a_chunked_body_that_is_too_large_is_refused(server: LiveServer) -> None:
    response = register(server, REGISTRATION + b" " * 3_000_000)
    assert (response.status_code, response.json()["error"]) == (413, "invalid_client_metadata")
    assert register(server, REGISTRATION).status_code == 201


@pytest.fixture(scope="module", params=WORKERS)
def each_server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param, workers=1) as running:
        yield running


def in_chunks(body: bytes, size: int) -> bytes:
    """All of a request for registration, whose chunks have so many octets."""
    head = b"POST /oauth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in in_pieces(body, size))
    return head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks + b"0\r\n\r\n"


def test_a_body_in_chunks_of_one_octet_is_read(each_server: LiveServer) -> None:
    body = REGISTRATION.ljust(19_000)
    assert b" 201 " in answer(begin(each_server, in_chunks(body, 1)))


def test_a_body_in_too_many_chunks_is_refused(each_server: LiveServer) -> None:
    body = REGISTRATION.ljust(60_000)
    connection = begin(each_server, b"")
    sending = threading.Thread(target=send, args=[connection, in_chunks(body, 1)])
    sending.start()
    assert answer(connection, PATIENCE_SECONDS).startswith(b"HTTP/1.1 400 ")
    sending.join()
    assert "Traceback" not in each_server.log


def send(connection: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        connection.sendall(data)


def test_many_small_chunks_take_little_of_the_processors_time(each_server: LiveServer) -> None:
    """Quadratic time would be a minute for each."""
    before = processor_seconds(each_server)
    request = in_chunks(b" " * 200_000, 1)
    for _ in range(5):
        connection = begin(each_server, b"")
        sending = threading.Thread(target=send, args=[connection, request])
        sending.start()
        assert answer(connection, PATIENCE_SECONDS).startswith(b"HTTP/1.1 400 ")
        sending.join()
    assert processor_seconds(each_server) - before < 10


def processor_seconds(server: LiveServer) -> float:
    """Return the processor time of its workers, in all."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in server.worker_pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / ticks
