"""Connections of a worker that stops."""

import socket
import time

import pytest

from tests.streams.conftest import WORKERS, serve
from tests.support.database import Template

pytestmark = pytest.mark.any_database

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("worker", WORKERS)
def test_request_on_a_new_connection_is_answered_by_a_worker_that_stops(template: Template, worker: str) -> None:
    with (
        serve(template, worker, workers=1) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as client,
    ):
        time.sleep(0.2)  # until it is accepted
        server.ask_to_stop()
        time.sleep(0.8)
        client.sendall(REQUEST)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
