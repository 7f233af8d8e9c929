"""Bodies that are too large: refused in each endpoint's own words, and neither received nor kept beyond the limit."""

import asyncio
import json
import resource
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

from config.http.bodies import SMALL_OCTETS, LimitedBody, Message
from tests.streams.conftest import WORKERS, serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# More than Django keeps in memory: a body of that size goes through a file.
AT_MOST = 4_000_000
# No file of the server's may become larger, be it a temporary one that has no name: the kernel refuses to write more.
LARGEST_FILE = AT_MOST + 100_000
PIECE = b" " * 65_536

FORM, FILES, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"
TOKEN = "c" * 32
COOKIE = {"Cookie": f"csrftoken={TOKEN}"}
REGISTRATION = b'{"client_name": "Large", "redirect_uris": ["https://app.example/callback"]}'


# --- Under gunicorn --------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param, workers=1, MAX_BODY_BYTES=str(AT_MOST)) as running:
        for pid in running.worker_pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        yield running


@pytest.fixture(scope="module")
def wire(server: LiveServer) -> Wire:
    return Wire(server)


def pieces(size: int, start: bytes = b"") -> Iterator[bytes]:
    """`start`, and as much white space as makes `size` octets."""
    yield start
    for left in range(size - len(start), 0, -len(PIECE)):
        yield PIECE[:left]


def post(server: LiveServer, path: str, content_type: str, *, chunked: bool, size: int, **options: Any) -> Any:
    headers = {"Content-Type": content_type, **options.pop("headers", {})}
    if not chunked:
        headers["Content-Length"] = str(size)
    return httpx2.post(server.url + path, content=pieces(size, **options), headers=headers, timeout=60)


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "chunked"])
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        *(("/oauth/token", kind) for kind in (FORM, FILES)),
        *(("/oauth/revoke", kind) for kind in (FORM, FILES)),
        ("/oauth/register", JSON),
        ("/mcp", JSON),
        *(("/accounts/login/", kind) for kind in (FORM, FILES)),
    ],
)
def test_a_body_that_is_too_large_is_refused_in_the_endpoints_own_words(
    server: LiveServer, wire: Wire, path: str, content_type: str, chunked: bool
) -> None:
    headers = wire.headers if path == "/mcp" else COOKIE
    response = post(server, path, content_type, chunked=chunked, size=5 * AT_MOST, headers=headers)
    assert response.status_code == 413, response.text
    if path == "/mcp":
        assert response.json() == {"jsonrpc": "2.0", "error": {"code": -32600, "message": "The request is too large."}}
    elif path.startswith("/oauth/"):
        error = "invalid_client_metadata" if path == "/oauth/register" else "invalid_request"
        assert response.json() == {"error": error, "error_description": "The request is too large."}
    else:
        assert "That’s too large" in response.text


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "chunked"])
def test_a_body_as_large_as_is_allowed_is_read(server: LiveServer, wire: Wire, chunked: bool) -> None:
    call = wire.modern("tools/list", {})
    options = {"headers": call["headers"], "start": json.dumps(call["json"]).encode()}
    response = post(server, "/mcp", JSON, chunked=chunked, size=AT_MOST, **options)
    assert response.status_code == 200, response.text
    response = post(server, "/mcp", JSON, chunked=chunked, size=AT_MOST + 1, **options)
    assert response.status_code == 413, response.text


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "chunked"])
def test_client_metadata_as_large_as_is_allowed_is_read(server: LiveServer, chunked: bool) -> None:
    response = post(server, "/oauth/register", JSON, chunked=chunked, size=SMALL_OCTETS, start=REGISTRATION)
    assert response.status_code == 201, response.text
    response = post(server, "/oauth/register", JSON, chunked=chunked, size=SMALL_OCTETS + 1, start=REGISTRATION)
    assert response.status_code == 413, response.text


FORMS = ("/oauth/token", "/oauth/revoke/", "/oauth/authorize", "/accounts/login/", "/admin/login/")


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "chunked"])
@pytest.mark.parametrize("kind", [FORM, FILES], ids=["form", "form with files"])
@pytest.mark.parametrize("path", FORMS)
def test_forms_of_strangers_are_small(server: LiveServer, path: str, kind: str, chunked: bool) -> None:
    response = post(server, path, kind, chunked=chunked, size=SMALL_OCTETS + 1, headers=COOKIE)
    assert response.status_code == 413, response.text


def test_a_body_without_end_is_refused_before_it_ends(server: LiveServer) -> None:
    response = post(server, "/oauth/register", JSON, chunked=True, size=2**40, start=REGISTRATION)
    assert response.status_code == 413, response.text


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "chunked"])
def test_a_form_with_files_is_read(server: LiveServer, chunked: bool) -> None:
    form = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}\r\n--x--\r\n'.encode()
    response = post(server, "/accounts/login/", FILES, chunked=chunked, size=len(form), start=form, headers=COOKIE)
    # The token was found in it.
    assert response.status_code == 200, response.text


# --- What Django gets of it ------------------------------------------------------------------------


class Sender:
    """A client that sends a body in chunks of 100 octets, of `size` octets or without end, and disconnects."""

    def __init__(self, size: int = 10**9, content_length: str = "") -> None:
        told = [(b"content-length", content_length.encode())] if content_length else []
        self.scope: Message = {"headers": [(b"host", b"localhost"), *told]}
        self.size, self.received = size, 0

    async def receive(self) -> Message:
        if self.received >= self.size:
            return {"type": "http.disconnect"}
        self.received += 100
        return {"type": "http.request", "body": b"x" * 100, "more_body": self.received < self.size}

    def limited(self, at_most: int) -> LimitedBody:
        return LimitedBody(self.scope, self.receive, at_most)


def read(body: LimitedBody) -> bytes:
    with async_to_sync(ASGIHandler().read_body)(body.receive) as file:
        return file.read()


@pytest.mark.parametrize("at_most", [1000, 1050])
def test_django_gets_one_octet_more_than_is_allowed_and_no_chunk_more_is_received(at_most: int) -> None:
    sender = Sender()
    assert read(sender.limited(at_most)) == b"x" * (at_most + 1)
    assert sender.received == 1100


def test_nothing_is_received_of_what_says_that_it_is_too_large() -> None:
    sender = Sender(content_length="1001")
    assert read(sender.limited(1000)) == b""
    assert sender.received == 0


@pytest.mark.parametrize("length", ["1000", "0", "no number"])
def test_a_body_of_what_is_allowed_is_whole(length: str) -> None:
    sender = Sender(1000, content_length=length)
    assert read(sender.limited(1000)) == b"x" * 1000


def test_the_largest_of_unfinished_bodies_is_given_up_where_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.http.bodies.MOST_OCTETS", 500_000)

    async def stalled() -> dict[str, Any]:
        return await asyncio.Future[dict[str, Any]]()

    async def scenario() -> None:
        sent = [{"type": "http.request", "body": b"x" * 300_000, "more_body": True}]
        large = LimitedBody({}, lambda: stalled() if not sent else asyncio.sleep(0, sent.pop()), 10**9, 60)
        await large.receive()
        waiting = asyncio.ensure_future(large.receive())
        await asyncio.sleep(0)
        other = Sender(size=10**9)
        smaller = LimitedBody({}, other.receive, 10**9, 60)
        for _ in range(2_100):
            await smaller.receive()
        assert await waiting == {"type": "http.disconnect"}
        assert (large.is_late, smaller.is_late) == (True, False)
        large.release()
        smaller.release()

    async_to_sync(scenario)()
    assert (LimitedBody.octets, LimitedBody.large) == (0, {})


@pytest.mark.parametrize("sent", [0, 1])
def test_a_body_that_stalls_is_late(sent: int) -> None:
    pieces = [{"type": "http.request", "body": b"x", "more_body": True}] * sent

    async def receive() -> dict[str, Any]:
        return pieces.pop() if pieces else await asyncio.Future[dict[str, Any]]()

    body = LimitedBody({}, receive, 1000, 0.05)
    with pytest.raises(RequestAborted):
        read(body)
    assert body.is_late


def test_disconnect_is_reported_after_a_body_of_the_allowed_size() -> None:
    body = Sender(1000).limited(1000)
    read(body)
    assert async_to_sync(body.receive)() == {"type": "http.disconnect"}
