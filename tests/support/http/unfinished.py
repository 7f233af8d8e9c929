"""Clients that begin a request and do not end it."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle, islice

from tests.support.servers.server import LiveServer

BODY = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
CHUNKED = b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
ASKS = (
    b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n"
)
PATHS = (b"/mcp", b"/oauth/token", b"/oauth/register", b"/accounts/login/", b"/admin/login/")

NOTHING = b""
HALF_HEADERS = (b"GET / HT", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Le")
HALF_BODIES = tuple(form % path for form in (BODY, CHUNKED, ASKS) for path in PATHS)
# Answered at once; the rest of the body never comes, and the client does not close its side.
LEFT_OPEN = (
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n{",
    b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /health/live HTTP/1.0\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
)
EVERY_KIND = (NOTHING, *HALF_HEADERS, *HALF_BODIES, *LEFT_OPEN)


def begin(server: LiveServer, start: bytes) -> socket.socket:
    """A connection on which so much of a request was sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(start)
    return connection


@contextmanager
def open_sockets(
    server: LiveServer, number: int, starts: Sequence[bytes] = EVERY_KIND
) -> Iterator[list[socket.socket]]:
    """So many connections, on which requests were begun by turns as `starts` says."""
    connections = [begin(server, start) for start in islice(cycle(starts), number)]
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


@contextmanager
def dripping(connections: Sequence[socket.socket], seconds: float = 0.5) -> Iterator[None]:
    """While the block lasts, another octet is sent on each, again and again."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(seconds):
            for connection in connections:
                with suppress(OSError):
                    connection.send(b"1", socket.MSG_DONTWAIT)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def answer(connection: socket.socket, seconds: float = 30) -> bytes:
    """All that the server says on it, until it closes it. It is of no use any more then."""
    connection.settimeout(seconds)
    said = b""
    with connection, suppress(ConnectionResetError):
        while data := connection.recv(65_536):
            said += data
    return said
