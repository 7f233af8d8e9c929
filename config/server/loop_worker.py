"""gunicorn's event loop with a deadline for the headers, and limits of connections and unsent responses.

config/http/bodies.py has the deadline of the body.
"""

import asyncio
from contextlib import suppress
from typing import Any

from django.conf import settings
from gunicorn.asgi.parser import ParseError, PythonProtocol
from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker

from config.http.bodies import MOST_CHUNKS
from config.server.arrivals import TOO_LATE
from config.server.connections import most_connections
from config.server.loop_unsent import UnsentResponse, UnsentResponses, content_length
from config.server.pipelined import MOST_OF_ONE, PipelinedRequests

# A quarter of gunicorn's, so that thousands of connections below it stay below the limit of all.
HIGH_WATER = 16_384


class Worker(ASGIWorker):
    """`waiting` are the connections whose request is incomplete, in the order in which they began to wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Protocol, None] = {}
        self.unsent = UnsentResponses()
        self.pipelined = PipelinedRequests()
        self.most_connections = most_connections(self.cfg.worker_connections)

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Do nothing: gunicorn would warn of `threads`, which the other kind of worker uses."""

    def make_room(self) -> None:
        """With too many connections, close the one that has been idle or incomplete for longest."""
        if self.nr_conns > self.most_connections and self.waiting:
            next(iter(self.waiting)).give_up()


class Protocol(ASGIProtocol):
    """A client's connection."""

    worker: Worker

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self._headers_timer: asyncio.TimerHandle | None = None
        self._has_begun = False
        # Received chunks of a body, and their number in the request.
        self._chunks: list[bytes] = []
        self._count_of_chunks = 0
        # Content-Length of the current response.
        self._response_octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        if self._callback_parser is None:
            return  # HTTP/2, which a proxy makes unnecessary
        self._headers_timer = self.worker.loop.call_later(settings.REQUEST_TIMEOUT_SECONDS, self._headers_are_late)
        self.worker.waiting[self] = None
        self.worker.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_headers()
        self.worker.waiting.pop(self, None)
        self.worker.unsent.remove(self)
        self.worker.pipelined.count(self, 0)
        super().connection_lost(exc)
        if self._flow_control:
            # A coroutine that waits for the client to read need not wait any more.
            self._flow_control.resume_writing()

    def data_received(self, data: bytes) -> None:
        self._has_begun = True
        super().data_received(data)
        if octets := self._pipelined_octets():
            # A client that sends requests without waiting for responses is not read until it has some.
            self._pause_reading()
            self.worker.pipelined.count(self, octets)

    def _resume_reading(self) -> None:
        """Resume, unless many requests are waiting. gunicorn calls this after each response."""
        octets = self._pipelined_octets()
        self.worker.pipelined.count(self, octets)
        if octets <= MOST_OF_ONE:
            super()._resume_reading()

    def _pipelined_octets(self) -> int:
        """Return the number of octets after a complete request."""
        parser = self._callback_parser
        return len(parser._buffer) if isinstance(parser, PythonProtocol) and parser.is_complete else 0

    def give_up(self) -> None:
        """Close the connection immediately."""
        self.worker.waiting.pop(self, None)
        with suppress(RuntimeError):
            self.transport.abort()

    # --- Responses to slow clients ----------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self.worker.unsent.add(self, UnsentResponse(self.transport, self._response_octets))

    def resume_writing(self) -> None:
        super().resume_writing()
        self.worker.unsent.remove(self)

    def _send_response_start(self, status: int, headers: Any, request: Any, close: bool = False) -> None:
        self._response_octets = content_length(headers)
        super()._send_response_start(status, headers, request, close)

    async def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> Any:
        """Wait until the last response is sent: gunicorn does not wait after one without content."""
        if self._flow_control:
            await self._flow_control.drain()
        return await super()._serve_http_request(request, sockname, peername)

    # --- Called by gunicorn's parser --------------------------------------------------------------

    def _feed_callback_parser(self, data: bytes) -> Any:
        result = super()._feed_callback_parser(data)
        self._hand_over_chunks()
        return result

    def _on_headers_complete(self) -> Any:
        self._has_headers()
        self._count_of_chunks = 0
        return super()._on_headers_complete()

    def _on_body(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._count_of_chunks += bool(self._callback_parser.is_chunked)
        if self._count_of_chunks > MOST_CHUNKS:
            raise ParseError("Too many chunks")

    def _on_message_complete(self) -> None:
        self._hand_over_chunks()
        self.worker.waiting.pop(self, None)
        super()._on_message_complete()

    def _hand_over_chunks(self) -> None:
        """Pass the chunks of one read on as one message: the application's cost is per message."""
        if self._chunks:
            content = b"".join(self._chunks)
            self._chunks.clear()
            super()._on_body(content)

    def _arm_keepalive_timer(self) -> None:
        """Note that the connection is idle. gunicorn's timer is also the deadline of the next request's headers."""
        super()._arm_keepalive_timer()
        if not self._request_ready.is_set():
            self.worker.waiting[self] = None

    # --- Deadlines --------------------------------------------------------------------------------

    def _has_headers(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _headers_are_late(self) -> None:
        if self._has_begun:
            self._send_error_response(408, TOO_LATE)
        self._keepalive_timeout()
