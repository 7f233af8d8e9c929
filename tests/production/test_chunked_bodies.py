"""Bodies without a Content-Length, as some clients and proxies send them."""

from collections.abc import Iterator

import httpx2

from tests.server import LiveServer

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
