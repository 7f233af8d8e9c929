"""Other protocols than HTTP: a WebSocket is refused without an error, an ASGI server's start is acknowledged."""

import asyncio
import base64
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from config.http import other_protocols
from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


@pytest.fixture(params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param, workers=1) as running:
        yield running


def handshake(server: LiveServer, path: str) -> str:
    """Ask for a WebSocket (RFC 6455 section 4.1); the status line of the answer."""
    address = (server.url.rpartition("/")[2].partition(":")[0], int(server.url.rpartition(":")[2]))
    key = base64.b64encode(b"0123456789abcdef").decode()
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {address[0]}:{address[1]}",
        *("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"),
    )
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        return connection.makefile("rb").readline().decode()


@pytest.mark.parametrize("path", ["/", "/mcp", "/oauth/token", "/nowhere"])
def test_a_websocket_is_refused_without_an_error_or_a_traceback(server: LiveServer, path: str) -> None:
    status = int(handshake(server, path).split()[1])
    # The worker with threads sees a GET request, whose Upgrade it may ignore (RFC 9110 section 7.8).
    assert status != 101
    assert status < 500
    assert "Traceback" not in server.log
    assert "ERROR" not in server.log


def answers(scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(other_protocols.handle(scope, receive, send))
    return sent


def test_a_websocket_is_closed_before_it_is_accepted() -> None:
    assert answers({"type": "websocket"}, {"type": "websocket.connect"}) == [{"type": "websocket.close", "code": 1008}]
    assert answers({"type": "websocket"}, {"type": "websocket.disconnect"}) == []


def test_the_start_and_the_stop_of_a_server_are_acknowledged() -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    assert answers({"type": "lifespan"}, *messages) == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


def test_a_protocol_that_is_not_known_is_ignored() -> None:
    assert answers({"type": "unheard-of"}) == []
