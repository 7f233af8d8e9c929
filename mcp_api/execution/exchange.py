"""Exchange with the client of a call that has a time limit or may send messages before its result.

What a call does not need is not made: without a message before the result, the conclusion goes straight to the request,
which waits for it. The first message makes a queue and a stream.
"""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from django.db import close_old_connections
from django.http.response import HttpResponseBase

from accounts.resource_server.bearer import InvalidToken
from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import Busy, Cancelled
from mcp_api.execution.admission import Admission
from mcp_api.execution.conclusion import Conclusion, process_stopped, timed_out
from mcp_api.execution.dispatch import time_limit
from mcp_api.execution.first_outcome import FirstOutcome, OutcomeReceiver, StreamStarted
from mcp_api.execution.thread_attempts import Attempts, ThreadAttempts
from mcp_api.protocol.replies import failure_message, result_message
from mcp_api.streams import running_calls
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.queue import StreamQueue
from mcp_api.streams.sse import End, event, stream_response
from mcp_api.streams.weak_callbacks import weak_callback
from mcp_api.workers import deadlines
from mcp_api.workers.request_threads import RequestThread

# Messages that are dropped while the client reads more slowly than the call sends.
DISPENSABLE = ("notifications/progress", "notifications/message")


class Exchange:
    """A modern call, cancelled when its client disconnects (spec: basic/transports/streamable-http, Cancellation)."""

    def __init__(self, incoming: Incoming, call: Call, *, may_stream: bool = True) -> None:
        self.incoming, self.call = incoming, call
        self.admission = Admission(incoming, call.principal)
        self.seconds = time_limit(call)
        # The request's context variables: its id, its trace. Each thread and task runs in a copy.
        self.context = copy_context()
        # AsyncAttempts replace these for an async tool under an event loop.
        self.attempts: Attempts = ThreadAttempts()
        # The thread of the request, where it waits in one (mcp_api/transport/effects.py).
        self.thread: RequestThread | None = None
        self._deadline: deadlines.Deadline | None = None
        self._lock = threading.RLock()
        self._receiver: OutcomeReceiver | None = None
        # The conclusion until the request takes it; its event must be written in any case.
        self._undelivered: Conclusion | None = None
        self._started = time.monotonic()
        # Whether nothing can be sent any more, and whether the request has stopped waiting.
        self._is_closed = self._is_abandoned = False
        self._queue: StreamQueue | None = None
        self._stream: OpenStream | None = None
        if may_stream and incoming.accepts_events:
            call.channel.send = weak_callback(self.send)

    def start(self, receiver: OutcomeReceiver | None = None) -> None:
        """Begin an attempt. The first one gets the `receiver` of the first outcome. Raises Busy."""
        if receiver is not None:
            self._receiver = receiver
        running_calls.add(self)
        try:
            self.attempts.begin(self)
        except Busy:
            self.discard()
            raise

    def begin_deadline(self) -> None:
        """Start the time limit."""
        if self.seconds is not None:
            self._deadline = deadlines.begin(self.seconds, self._expire_in_context)

    def discard(self) -> None:
        """Release what an attempt took that cannot begin."""
        running_calls.discard(self)
        if self._deadline is not None:
            self._deadline.met()

    # --- In the tool's thread or task ------------------------------------------------------------

    @property
    def must_readmit(self) -> bool:
        """Return whether `admitted` queries the database."""
        return self.admission.is_old

    def admitted(self) -> Call:
        """Return the call; if it waited for a thread, with its principal read again. Raises InvalidToken."""
        return self.admission.of(self.call)

    def confirmed(self, conclusion: Conclusion) -> Conclusion:
        """Return `conclusion`, or an InvalidToken if the call ran for long and its token has ended meanwhile."""
        if conclusion.result is None:
            return conclusion
        try:
            self.admission.confirm(self.call)
        except InvalidToken as error:
            return Conclusion(error=error, event=conclusion.event)
        return conclusion

    def is_in_time(self) -> bool:
        """Return whether the attempt's conclusion counts; if not, `expire` concludes the call."""
        is_met = self._deadline is None or self._deadline.met() or self.call.channel.settled
        return is_met and not self.call.channel.expired

    def conclude(self, conclusion: Conclusion) -> None:
        """Take the conclusion of an attempt."""
        self.finish(conclusion)

    def send(self, message: Message) -> None:
        """Send a message before the result."""
        is_flooded = self._queue is not None and self._queue.is_flooded
        if not (is_flooded and message.get("method") in DISPENSABLE):
            self.put(message)

    def put(self, item: Any) -> None:
        """Put an item on the stream, before the conclusion. The first one begins the stream."""
        with self._lock:
            if self._is_closed:
                return
            begins = self._queue is None
            self._queue = self._queue or StreamQueue()
            self._queue.put(item)
        if begins and self._receiver is not None:
            running_calls.discard(self)
            self._receiver.set_outcome(StreamStarted())

    def finish(self, conclusion: Conclusion) -> None:
        """Send the conclusion. If there is no stream, the request that waits for it writes its event."""
        running_calls.discard(self)
        with self._lock:
            is_first = self._queue is None and not (self._is_closed or self._is_abandoned)
            if is_first:
                self._undelivered = conclusion
        if is_first and self._receiver is not None:
            self._receiver.set_outcome(conclusion)
            return
        self._put_last(conclusion.recorded())

    def _put_last(self, conclusion: Conclusion) -> None:
        with self._lock:
            if self._queue is not None:
                self._queue.put(conclusion)
                self._queue.put(End())

    # --- In the thread, or the event loop, of the request ----------------------------------------

    def delivered(self, outcome: FirstOutcome) -> FirstOutcome:
        """Return `outcome`, whose event is the request's to write from now on."""
        self._undelivered = None
        if self._deadline is not None and isinstance(outcome, Conclusion):
            self._deadline.cancel_timer()
        return outcome

    def abandoned(self) -> Conclusion:
        """Return the conclusion of a call whose client disconnected before the first outcome."""
        with self._lock:
            self._is_abandoned = True
            conclusion, self._undelivered = self._undelivered, None
        self.client_disconnected()
        return Conclusion(error=Cancelled(), event=conclusion.event if conclusion is not None else None)

    def respond(self) -> HttpResponseBase:
        """Return the stream, from its beginning."""
        with self._lock:
            assert self._queue is not None
            self.begin_stream()
        request = self.incoming.request
        if hasattr(request, "scope") and self.thread is not None:
            # The event loop sends the stream.
            self.thread.release()
        return stream_response(request, self._queue, self.encode, self.closed)

    def begin_stream(self) -> None:
        """End the call, from now on, when its token ends."""
        if self._stream is None:
            self._stream = OpenStream(
                self.incoming.request, self.call.principal, self.token_ended, counts=False, stop=self.process_stops
            )
        self._stream.begin()

    def end_stream(self) -> None:
        if self._stream is not None:
            self._stream.finish()

    def encode(self, item: Any) -> bytes:
        """Return an item of the queue as an event of the stream."""
        if not isinstance(item, Conclusion):
            return event(item)
        return b"" if item.is_cancelled else event(self.final_message(item))

    def final_message(self, conclusion: Conclusion) -> Message:
        if conclusion.error is None:
            return result_message(self.call.request, conclusion.result or {})
        return failure_message(self.call.request, conclusion.error)

    def closed(self) -> None:
        """Release what the stream took, once it has ended or its client has disconnected."""
        self.end_stream()
        if self.thread is not None:
            self.thread.release()
        self.client_disconnected()

    # --- Events from outside ---------------------------------------------------------------------

    def _expire_in_context(self) -> None:
        self.context.copy().run(self.expire)

    def expire(self) -> None:
        """Conclude a call that exceeds its time limit: an async tool is stopped, the connection of another revoked."""
        self._give_up(partial(timed_out, self.call, self.seconds or 0))

    def process_stops(self) -> None:
        """Conclude a call that is not over when its process is about to end, as if its time limit had come."""
        self._give_up(partial(process_stopped, self.call, self._started))

    def _give_up(self, make_conclusion: Callable[[], Conclusion]) -> None:
        if not self.call.channel.expire():
            return
        self.attempts.revoke()
        try:
            self.finish(make_conclusion())
        except Exception as error:
            self.finish(Conclusion(error=error))
        finally:
            close_old_connections()

    def client_disconnected(self) -> None:
        with self._lock:
            self._is_closed = True
        self.call.channel.cancel()
        if self._queue is not None:
            self._queue.close()
        if self.attempts.cancel() and self._deadline is not None:
            # The attempt never ran, so nothing else meets the deadline.
            self._deadline.met()

    def token_ended(self) -> None:
        """Send this client nothing more."""
        self.call.channel.cancel()
        if self._queue is not None:
            self._queue.put_first(End())
