"""What an ASGI server and we say to each other."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

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

    def begin(self) -> None:
        if self._task is None:
            self._task = asyncio.ensure_future(self._receive())

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()


async def send_response(response: HttpResponseBase, send: Send) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    start = {"type": "http.response.start", "status": response.status_code}
    if isinstance(response, HttpResponse):
        length = (b"content-length", str(len(response.content)).encode("ascii"))
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": response.content})
    elif isinstance(response, StreamingHttpResponse):
        await send({**start, "headers": headers})
        await _send_stream(response, send)


async def _send_stream(response: StreamingHttpResponse, send: Send) -> None:
    try:
        async for chunk in response:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        response.close()
