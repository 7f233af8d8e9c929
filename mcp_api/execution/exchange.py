"""A call that may speak before it ends, or has its time: it runs in a thread, and what it says leaves as it comes.

Nothing is made before it is needed: while the call says nothing, its conclusion goes straight to whoever waits for it.
With its first message begin a channel and a stream.
"""

import threading
from contextvars import copy_context
from functools import partial
from typing import Any

from django.db import close_old_connections
from django.http.response import HttpResponseBase

from accounts.db.connection_pool import release_connection
from accounts.resource_server.bearer import InvalidToken
from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.calls.incoming import Incoming
from mcp_api.db.revocable_connection import RevocableConnection
from mcp_api.errors import Busy, Cancelled
from mcp_api.execution.admission import Admission
from mcp_api.execution.async_attempt import AsyncAttempts
from mcp_api.execution.conclusion import Conclusion, timed_out
from mcp_api.execution.dispatch import conclude, time_limit
from mcp_api.execution.first_outcome import InThread, StreamStarted, Waiting
from mcp_api.protocol.replies import failure_message, result_message
from mcp_api.registry import targets
from mcp_api.streams import weak_methods
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.queue import StreamQueue
from mcp_api.streams.sse import End, event, stream_response
from mcp_api.workers import deadlines, threads
from mcp_api.workers.request_threads import RequestThread

# How often a thread that waits for a call looks whether the client is still there.
TICK_SECONDS = 0.5
# What a client can do without where it does not keep up.
DISPENSABLE = ("notifications/progress", "notifications/message")


class Exchange:
    """A modern call: when its client goes, it is cancelled (basic/transports/streamable-http, Cancellation)."""

    def __init__(self, incoming: Incoming, call: Call, *, speaks: bool = True) -> None:
        self.incoming, self.call = incoming, call
        self.admission = Admission(incoming, call.principal)
        self.seconds = time_limit(call)
        # What is known of the request wherever it is worked on: its id, its trace. Whoever runs in it takes a copy.
        self.context = copy_context()
        # Where the attempts are tasks of an event loop, not work for a thread.
        self.attempts: AsyncAttempts | None = None
        self._deadline: deadlines.Deadline | None = None
        self._hold: RevocableConnection | None = None
        self._job: threads.Job | None = None
        self._thread: RequestThread | None = None
        self._lock = threading.RLock()
        self._waiting_for_word: Waiting | None = None
        # The conclusion while nobody took it, whose event is to be written all the same.
        self._undelivered: Conclusion | None = None
        self._is_unheard = self._is_abandoned = False
        self._queue: StreamQueue | None = None
        self._stream: OpenStream | None = None
        if speaks and incoming.accepts_events:
            call.channel.say = weak_methods.weakly(self.say)

    def start(self, waiting: Waiting | None = None) -> None:
        """Begin an attempt, and tell `waiting` the first word. Raises Busy."""
        if waiting is not None:
            self._waiting_for_word = waiting
        person, octets = self.call.principal.user.pk, self.incoming.octets
        try:
            if self.attempts is not None:
                self.attempts.begin(self)
                return
            self.begin_deadline()
            work = partial(self.context.copy().run, self.attempt)
            self._job = threads.submit(person, targets.label(self.call.request), octets, work)
        except Busy:
            self.discard()
            raise

    def begin_deadline(self) -> None:
        """From now on its time runs."""
        if self.seconds is not None:
            self._deadline = deadlines.begin(self.seconds, self._expire_in_context)

    def discard(self) -> None:
        """Drop what was begun for an attempt that cannot be."""
        if self._deadline is not None:
            self._deadline.met()

    # --- In the tool's thread --------------------------------------------------------------------

    def attempt(self) -> None:
        with self._lock:
            if self.call.channel.expired:
                return
            self._hold = hold = RevocableConnection(self.call.principal.user.pk)
        ended = self.outcome(hold)
        hold.release()
        if self.is_in_time():
            self.conclude(ended)

    def outcome(self, hold: RevocableConnection) -> Conclusion:
        try:
            hold.take()
            self.call = self.admitted()
            # The tool may take its time, and ask the database nothing.
            hold.lend()
            return self.confirmed(conclude(self.call))
        except Cancelled:
            # Nobody asks where, and its traceback would hold the call.
            return Conclusion(error=Cancelled())
        except BaseException as error:
            return Conclusion(error=error)

    def confirmed(self, ended: Conclusion) -> Conclusion:
        """Return `ended`, unless the call ran for so long that its token has ended meanwhile."""
        if ended.result is None:
            return ended
        try:
            self.admission.confirm(self.call)
        except InvalidToken as error:
            return Conclusion(error=error, event=ended.event)
        return ended

    @property
    def admission_is_due(self) -> bool:
        """Whether `admitted` asks the database."""
        return self.admission.is_old

    def admitted(self) -> Call:
        """The call, with its principal read again where it waited for a thread. Raises InvalidToken."""
        return self.admission.of(self.call)

    def is_in_time(self) -> bool:
        """Whether the attempt is the one to say how it ended; else `expire` did, or is about to."""
        return self._deadline is None or self._deadline.met() or self.call.channel.settled

    def conclude(self, ended: Conclusion) -> None:
        self.finish(ended)

    def say(self, message: Message) -> None:
        flooded = self._queue is not None and self._queue.is_flooded
        if not (flooded and message.get("method") in DISPENSABLE):
            self.put(message)

    def put(self, item: Any) -> None:
        """Put what is not the last word on the stream, which begins with it."""
        with self._lock:
            if self._is_unheard:
                return
            begins = self._queue is None
            self._queue = self._queue or StreamQueue()
            self._queue.put(item)
        if begins and self._waiting_for_word is not None:
            self._waiting_for_word.tell(StreamStarted())

    def finish(self, ended: Conclusion) -> None:
        """Say the last word. Its event is written first, by whoever waits for it where nothing was said before."""
        with self._lock:
            straight = self._queue is None and not (self._is_unheard or self._is_abandoned)
            if straight:
                self._undelivered = ended
        if straight and self._waiting_for_word is not None:
            self._waiting_for_word.tell(ended)
            return
        self._put_last(ended.recorded())

    def _put_last(self, ended: Conclusion) -> None:
        with self._lock:
            if self._queue is not None:
                self._queue.put(ended)
                self._queue.put(End())

    # --- In the thread, or the event loop, that replies -----------------------------------------

    def wait_in_thread(self, thread: RequestThread) -> Conclusion | StreamStarted:
        """Begin the first attempt, and wait for the first word, in a thread of requests. Raises Busy."""
        # Before it waits for its place: calls that run need one to end, and leave theirs.
        release_connection()
        try:
            thread.take()
        except Busy:
            self.discard()
            raise
        self._thread, word = thread, None
        try:
            waiting = InThread()
            self.start(waiting)
            while word is None:
                word = waiting.take(TICK_SECONDS)
                if word is None and self.incoming.is_closed():
                    return self.abandoned()
            return self.taken(word)
        finally:
            if not isinstance(word, StreamStarted):
                thread.release()

    def taken(self, word: Conclusion | StreamStarted) -> Conclusion | StreamStarted:
        """Whoever waited has the word now, and writes its event."""
        self._undelivered = None
        if self._deadline is not None and isinstance(word, Conclusion):
            self._deadline.cancel_timer()
        return word

    def abandoned(self) -> Conclusion:
        """The client has gone before anything was said."""
        with self._lock:
            self._is_abandoned = True
            ended, self._undelivered = self._undelivered, None
        self.reader_gone()
        return Conclusion(error=Cancelled(), event=ended.event if ended is not None else None)

    def respond(self) -> HttpResponseBase:
        """The stream, from its beginning."""
        with self._lock:
            assert self._queue is not None
            self.begin_stream()
        request = self.incoming.request
        if hasattr(request, "scope") and self._thread is not None:
            # The event loop sends what follows.
            self._thread.release()
        return stream_response(request, self._queue, self.encode, self.closed)

    def begin_stream(self) -> None:
        """From now on it ends when its token does."""
        if self._stream is None:
            self._stream = OpenStream(self.incoming.request, self.call.principal, self.token_ended, counts=False)
        self._stream.begin()

    def end_stream(self) -> None:
        if self._stream is not None:
            self._stream.finish()

    def encode(self, item: Any) -> bytes:
        if isinstance(item, Conclusion):
            return b"" if item.is_cancelled else event(self.final_message(item))
        return event(item)

    def final_message(self, ended: Conclusion) -> Message:
        if ended.error is None:
            return result_message(self.call.request, ended.result or {})
        return failure_message(self.call.request, ended.error)

    def closed(self) -> None:
        """The stream is over, because it ended or because its client went."""
        self.end_stream()
        if self._thread is not None:
            self._thread.release()
        self.reader_gone()

    # --- When something happens to it ------------------------------------------------------------

    def _expire_in_context(self) -> None:
        self.context.copy().run(self.expire)

    def expire(self) -> None:
        """Its time is over: the client is answered, an async tool stopped; another one keeps its thread, but may not
        write any more.
        """
        with self._lock:
            if not self.call.channel.expire():
                return
            hold, job = self._hold, self._job
        if job is not None and not job.cancel() and hold is not None and hold.sever():
            job.give_up()
        try:
            self.finish(timed_out(self.call, self.seconds or 0))
        except Exception as error:
            self.finish(Conclusion(error=error))
        finally:
            close_old_connections()

    def reader_gone(self) -> None:
        with self._lock:
            self._is_unheard = True
        self.call.channel.cancel()
        if self._queue is not None:
            self._queue.close()
        if self._job is not None and self._job.cancel() and self._deadline is not None:
            # It never ran: nothing is left that would notice.
            self._deadline.met()

    def token_ended(self) -> None:
        """Nothing may reach this client any more."""
        self.call.channel.cancel()
        if self._queue is not None:
            self._queue.put_first(End())
