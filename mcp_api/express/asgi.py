"""What an ASGI server and we say to each other."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from mcp_api.express.headers import Raw, raw

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def again(first: Message, receive: Receive) -> Receive:
    """`receive`, with what was read of it already."""
    read = [first]

    async def replayed() -> Message:
        return read.pop() if read else await receive()

    return replayed


class Listener:
    """Takes the server's word that the client has gone, for whoever looks (streams/connection.py), once it is begun.

    One for each request: gunicorn takes a listener that was given up for a client that has gone.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: asyncio.Future[Message] | None = None

    def begin(self) -> "asyncio.Future[Message]":
        """Done once the client has gone."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._receive())
        return self._task

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()


async def send_response(response: HttpResponseBase, common: Raw, send: Send, listener: Listener) -> None:
    """Send `response`, with those of the `common` headers that it does not have itself."""
    headers = raw(response)
    names = {name for name, _ in headers}
    headers += [header for header in common if header[0] not in names]
    start = {"type": "http.response.start", "status": response.status_code}
    if isinstance(response, HttpResponse):
        length = (b"content-length", str(len(response.content)).encode("ascii"))
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": response.content})
    elif isinstance(response, StreamingHttpResponse):
        await send({**start, "headers": headers})
        await _while_somebody_reads(_send_stream(response, send), listener)


async def _while_somebody_reads(sending: Coroutine[Any, Any, None], listener: Listener) -> None:
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
