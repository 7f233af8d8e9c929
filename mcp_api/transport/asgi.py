"""ASGI messages that the server and the application exchange."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from mcp_api.transport.headers import Raw, raw

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientDisconnected(Exception):
    """The client disconnected before its request was complete."""


async def read_body(receive: Receive) -> bytes:
    """Return the whole body of a request. Raises ClientDisconnected."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        pieces.append(bytes(message.get("body", b"")))
        if not message.get("more_body"):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class DisconnectListener:
    """Waits for the server's message that the client has disconnected (mcp_api/calls/disconnect.py), from `begin` on.

    There is one for each request: gunicorn treats a cancelled `receive` as a client that has disconnected.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Future[Message] | None = None

    def begin(self) -> "asyncio.Future[Message]":
        """Return a future that is done once the client has disconnected."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._receive())
        return self._task

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()


async def send_response(
    response: HttpResponseBase, common: Raw, send: Send, listener: DisconnectListener, method: str = "POST"
) -> None:
    """Send `response` to a request of that method, with those of the `common` headers that it does not have."""
    headers = raw(response)
    names = {name for name, _ in headers}
    headers += [header for header in common if header[0] not in names]
    start = {"type": "http.response.start", "status": response.status_code}
    if isinstance(response, HttpResponse):
        length = (b"content-length", str(len(response.content)).encode("ascii"))
        await send({**start, "headers": [*headers, length]})
        # RFC 9110 section 9.3.2: a response to HEAD has no content.
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.content})
    elif isinstance(response, StreamingHttpResponse):
        await send({**start, "headers": headers})
        await _until_disconnected(_send_stream(response, send), listener)


async def _until_disconnected(sending: Coroutine[Any, Any, None], listener: DisconnectListener) -> None:
    task = asyncio.ensure_future(sending)
    waited_for: set[asyncio.Future[Any]] = {task, listener.begin()}
    try:
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _send_stream(response: StreamingHttpResponse, send: Send) -> None:
    try:
        async for chunk in response:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        response.close()
