"""Server-Sent Events from a queue, for WSGI and ASGI.

Each has its own kind of iterator: Django would buffer one of the wrong kind as a whole.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse

from mcp_api.calls.disconnect import is_closed
from mcp_api.protocol.encoding import encode
from mcp_api.streams.queue import StreamQueue

# How often a silent stream checks whether its client is connected. Under an event loop it need not check: the loop
# cancels it as soon as the client disconnects, and the checks of thousands of streams would keep the loop busy.
TICK_SECONDS = 0.25
KEEP_ALIVE_SECONDS = 15
KEEP_ALIVE = b": still here\n\n"


class End:
    """The last item of a queue."""


def event(message: Any = None, *, event_id: str = "", retry_ms: int | None = None) -> bytes:
    """Return one event. Without a message it only has an id, or the time after which to reconnect, in milliseconds."""
    lines = [f"id: {event_id}".encode()] if event_id else []
    if retry_ms is not None:
        lines.append(f"retry: {retry_ms}".encode())
    lines.append(b"data: " + encode(message) if message is not None else b"data:")
    return b"\n".join(lines) + b"\n\n"


def stream_response(
    request: HttpRequest, queue: StreamQueue, encode: Callable[[Any], bytes], closed: Callable[[], None]
) -> StreamingHttpResponse:
    """Return a response of the items of `queue`, up to End. `closed` is called once, when the response ends."""
    # A stream, which may be long, holds no connection to the database.
    for connection in connections.all(initialized_only=True):
        # Only a test can have a transaction around a request.
        if connection.connection is not None and not connection.in_atomic_block:
            connection.close()
    kind = Asynchronous if isinstance(request, ASGIRequest) else Synchronous
    return StreamingHttpResponse(
        kind(request, queue, encode, closed),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


class EventStream:
    """Base class of both iterators. A generator would not do: one that was never started cannot be closed."""

    def __init__(
        self, request: HttpRequest, queue: StreamQueue, encode: Callable[[Any], bytes], closed: Callable[[], None]
    ) -> None:
        self.request, self.queue, self.encode, self._closed = request, queue, encode, closed
        self.ended = False
        self._last = time.monotonic()

    def chunk(self, item: Any) -> bytes:
        """Return the bytes to send for `item`; for None there are none, unless a keep-alive comment is due."""
        if isinstance(item, End) or is_closed(self.request):
            self.close()
            return b""
        if item is None and time.monotonic() - self._last < KEEP_ALIVE_SECONDS:
            return b""
        self._last = time.monotonic()
        return KEEP_ALIVE if item is None else self.encode(item)

    def close(self) -> None:
        if not self.ended:
            self.ended = True
            self._closed()


class Synchronous(EventStream):
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self.ended:
            if chunk := self.chunk(self.queue.take(TICK_SECONDS)):
                return chunk
        raise StopIteration


class Asynchronous(EventStream):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            while not self.ended:
                if chunk := self.chunk(await self.queue.take_async(KEEP_ALIVE_SECONDS)):
                    return chunk
        except asyncio.CancelledError:
            self.close()
            raise
        raise StopAsyncIteration
