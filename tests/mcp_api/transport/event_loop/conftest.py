"""The ASGI application by itself: what it sends for a request, and what it leaves to Django."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections

from accounts.models import AccessToken, RefreshToken
from mcp_api.pubsub import broker
from mcp_api.transport.application import EndpointApplication
from tests.mcp_api.conftest import Caller, make_caller
from tests.mcp_api.messages import modern
from tests.support.event_loop import run
from tests.support.factories import make_authorization, make_client, make_tokens, make_user


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def result(self) -> dict[str, Any]:
        assert self.status == 200, self.body
        return json.loads(self.body)["result"]


@dataclass
class Post:
    """A request to /mcp, as an ASGI server hands it over."""

    body: bytes
    headers: dict[str, str]
    scope: dict[str, Any] = field(default_factory=dict)

    def as_scope(self) -> dict[str, Any]:
        named = {"host": "localhost", "content-length": str(len(self.body)), **self.headers}
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
        about = {"type": "http", "method": "POST", "path": "/mcp", "scheme": "http", "client": ("127.0.0.1", 1)}
        return {**about, "headers": headers, **self.scope}


async def django(scope: Any, receive: Any, send: Any) -> None:
    """An application in Django's place: reply with status 299 and the body of the request."""
    message = await receive()
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": message.get("body", b"")})


class Loop:
    """Send requests to the application, all of them at once, in one event loop."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, int]] = []
        self.application = EndpointApplication(
            django, lambda method, status, seconds: self.counted.append((method, status))
        )

    def call(self, caller: Caller, name: str = "echo", **arguments: Any) -> Reply:
        return self.send(post(caller, name, arguments or None))[0]

    def leaves(self, request: Post) -> bool:
        """Return whether the request is passed on to Django, with its body."""
        [reply] = self.send(request)
        assert reply.status != 299 or reply.body == request.body
        return reply.status == 299

    def send(self, *requests: Post) -> Sequence[Reply]:
        return run(lambda: asyncio.gather(*(self.sent(request) for request in requests)))

    async def sent(self, request: Post) -> Reply:
        said: list[dict[str, Any]] = []

        read = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not read:
                # The client stays.
                await asyncio.Event().wait()
            return read.pop()

        async def send(message: Any) -> None:
            said.append(dict(message))

        await self.application(request.as_scope(), receive, send)
        start, *parts = said
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], headers, b"".join(part["body"] for part in parts))


def post(caller: Caller, name: str = "echo", arguments: Any = None, **params: Any) -> Post:
    """A plain call."""
    if arguments is None:
        arguments = {"text": "hi"} if name == "echo" else {}
    return request(caller, "tools/call", {"name": name, "arguments": arguments, **params})


def sent(caller: Caller, body: Any, headers: dict[str, str] | None = None, **scope: Any) -> Post:
    """A request with the client's token: `body` as it is where it is bytes, as JSON otherwise."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Post(data, caller.authorized(headers), scope)


def request(caller: Caller, method: str, params: Any = None) -> Post:
    """A modern request. Its client reads JSON alone, as that of caller.modern does."""
    body, headers = modern(method, params)
    return Post(json.dumps(body).encode(), caller.authorized(headers))


def tokens_of(name: str) -> tuple[AccessToken, RefreshToken, str]:
    return make_tokens(make_authorization(make_user(name), make_client()))


@pytest.fixture
def caller(transactional_db: None) -> Caller:
    return make_caller()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    # Nothing may stay connected to a database that is about to go.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    return Loop()


@pytest.fixture(autouse=True)
def tools_run_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Override the fixture of that name: an event loop leaves tools to threads, which see what these tests commit.

    Nothing reads the messages between processes here, as that would keep a connection open.
    """
    monkeypatch.setattr(broker.Reader, "_start", lambda reader: reader._listening.set())
