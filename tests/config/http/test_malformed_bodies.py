"""Bodies whose framing is malformed (RFC 9112 sections 6 and 7): a 400 under either worker, without a traceback."""

import socket
from collections.abc import Iterator

import pytest

from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.http.unfinished import answer, begin
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

PATHS = (
    *("/mcp", "/mcp/", "/oauth/token", "/oauth/revoke", "/oauth/register", "/oauth/authorize"),
    *("/accounts/login/", "/admin/login/", "/health", "/no/such/page"),
)
CHUNKED = {
    "no size": b"\r\nab\r\n0\r\n\r\n",
    "a size that is not a number": b"zz\r\nab\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nab\r\n0\r\n\r\n",
    "a size with a prefix": b"0x2\r\nab\r\n0\r\n\r\n",
    "a size with a sign": b"+2\r\nab\r\n0\r\n\r\n",
    "a size without end": b"f" * 9000,
    "no CRLF after a chunk": b"2\r\nabXX0\r\n\r\n",
    "a chunk longer than its size": b"1\r\nab\r\n0\r\n\r\n",
    "an extension that is malformed": b"2;\x00\r\nab\r\n0\r\n\r\n",
    "an extension without end": b"2;" + b"a" * 9000,
}
HEADERS = {
    "both lengths": b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4",
    "the same length twice": b"Content-Length: 3\r\nContent-Length: 3",
    "a negative length": b"Content-Length: -1",
    "a length that is not a number": b"Content-Length: three",
    "a list of lengths": b"Content-Length: 3, 3",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "chunked before another coding": b"Transfer-Encoding: chunked, gzip",
}
# Answered by whichever status, as the two parsers of gunicorn differ in what they put up with.
TOLERATED = {
    "trailers": b"2\r\nab\r\n0\r\nA: b\r\n\r\n",
    "malformed trailers": b"2\r\nab\r\n0\r\nno trailer\r\n\r\n",
    "a long extension": b"2;" + b"a" * 9000 + b"\r\nab\r\n0\r\n\r\n",
    "lines that end with LF": b"2\nab\n0\n\n",
    "a huge size": b"fffffffffffffffff\r\nab",
    "a huge size, with zeros before": b"0" * 5000 + b"1\r\na\r\n0\r\n\r\n",
}


@pytest.fixture(scope="module", params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param, workers=1, REQUEST_TIMEOUT_SECONDS="3") as running:
        yield running


def sent(server: LiveServer, path: str, headers: bytes, body: bytes) -> list[bytes]:
    """The statuses of all that is answered."""
    start = b"POST " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    said = answer(begin(server, start + headers + b"\r\n\r\n" + body))
    return [line.split()[1] for line in said.splitlines() if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize("path", PATHS)
def test_a_malformed_chunked_body_is_a_bad_request(server: LiveServer, path: str) -> None:
    statuses = {what: sent(server, path, b"Transfer-Encoding: chunked", body) for what, body in CHUNKED.items()}
    assert statuses == {what: [b"400"] for what in CHUNKED}
    assert "Traceback" not in server.log


@pytest.mark.parametrize("path", PATHS)
def test_headers_that_disagree_about_the_body_are_a_bad_request(server: LiveServer, path: str) -> None:
    statuses = {what: sent(server, path, headers, b"abc") for what, headers in HEADERS.items()}
    assert {what: status for what, status in statuses.items() if status not in ([b"400"], [b"501"])} == {}
    assert "Traceback" not in server.log


@pytest.mark.parametrize("path", ["/mcp", "/oauth/token", "/accounts/login/", "/admin/login/"])
def test_what_is_odd_is_never_a_defect(server: LiveServer, path: str) -> None:
    close = b"Connection: close\r\nTransfer-Encoding: chunked"
    for what, body in TOLERATED.items():
        statuses = sent(server, path, close, body)
        assert len(statuses) == 1, what
        assert statuses[0].startswith(b"4"), what
    assert "Traceback" not in server.log


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "body"),
    [(b"Content-Length: 1000", b'{"a"'), (b"Transfer-Encoding: chunked", b"5\r\nab"), (b"Content-Length: 1000", b"")],
)
def test_a_body_that_ends_too_early_is_never_a_defect(
    server: LiveServer, path: str, headers: bytes, body: bytes
) -> None:
    """The client has closed its side. Threads say so; the event loop takes it for gone."""
    connection = begin(
        server, b"POST " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n\r\n" + body
    )
    connection.shutdown(socket.SHUT_WR)
    said = answer(connection)
    assert said == b"" or said.startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in server.log
