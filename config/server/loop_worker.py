"""gunicorn's event loop, with a deadline for the headers of each request, and bounds on connections and unsent answers.

The deadline of the body is kept by config/http/bodies.py.
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
from config.server.loop_unsent import UnsentAnswer, UnsentAnswers, content_length
from config.server.pipelined import MOST_OF_ONE, PipelinedRequests

# gunicorn's own is four times as much: with this, thousands of connections below it stay below the bound of all.
HIGH_WATER = 16_384


class Worker(ASGIWorker):
    """`waiting` are the connections whose request is not whole, those that wait longest first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Protocol, None] = {}
        self.unsent = UnsentAnswers()
        self.pipelined = PipelinedRequests()
        self.most_connections = most_connections(self.cfg.worker_connections)

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """gunicorn's own warns of `threads`, which is for the other kind of worker."""

    def make_room(self) -> None:
        """Where there are too many connections, end the one that is idle, or incomplete, for longest."""
        if self.nr_conns > self.most_connections and self.waiting:
            next(iter(self.waiting)).give_up()


class Protocol(ASGIProtocol):
    """A client's connection."""

    worker: Worker

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self._headers_timer: asyncio.TimerHandle | None = None
        self._has_begun = False
        # Of a body, as they come; and how many there were of the request.
        self._chunks: list[bytes] = []
        self._count_of_chunks = 0
        # Of the answer that is being sent, where it says so.
        self._answer_octets = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        if self._callback_parser is None:
            return  # HTTP/2, which nobody needs behind a proxy
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
            # Who waits for the client to take an answer need not wait any more.
            self._flow_control.resume_writing()

    def data_received(self, data: bytes) -> None:
        self._has_begun = True
        super().data_received(data)
        if octets := self._pipelined_octets():
            # No more is read, from a client that does not wait for answers, until it has some.
            self._pause_reading()
            self.worker.pipelined.count(self, octets)

    def _resume_reading(self) -> None:
        """gunicorn calls this after each answer, however many requests are waiting already."""
        octets = self._pipelined_octets()
        self.worker.pipelined.count(self, octets)
        if octets <= MOST_OF_ONE:
            super()._resume_reading()

    def _pipelined_octets(self) -> int:
        """Return the number of octets that came behind a request that is whole."""
        parser = self._callback_parser
        return len(parser._buffer) if isinstance(parser, PythonProtocol) and parser.is_complete else 0

    def give_up(self) -> None:
        """End the connection, now."""
        self.worker.waiting.pop(self, None)
        with suppress(RuntimeError):
            self.transport.abort()

    # --- Answers that the client is slow to take --------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self.worker.unsent.add(self, UnsentAnswer(self.transport, self._answer_octets))

    def resume_writing(self) -> None:
        super().resume_writing()
        self.worker.unsent.remove(self)

    def _send_response_start(self, status: int, headers: Any, request: Any, close: bool = False) -> None:
        self._answer_octets = content_length(headers)
        super()._send_response_start(status, headers, request, close)

    async def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> Any:
        """An answer without content leaves gunicorn no moment to wait: the next request waits instead."""
        if self._flow_control:
            await self._flow_control.drain()
        return await super()._serve_http_request(request, sockname, peername)

    # --- What gunicorn's parser tells -------------------------------------------------------------

    def _feed_callback_parser(self, data: bytes) -> Any:
        goes_on = super()._feed_callback_parser(data)
        self._hand_over_chunks()
        return goes_on

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
        """Hand over the chunks that came at once as one message: the application's cost is that of messages."""
        if self._chunks:
            content = b"".join(self._chunks)
            self._chunks.clear()
            super()._on_body(content)

    def _arm_keepalive_timer(self) -> None:
        """Called when it is idle: gunicorn's own timer is the deadline of the next request's headers too."""
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
