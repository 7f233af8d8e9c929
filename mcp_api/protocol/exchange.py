"""A call that may speak before it ends, or has its time: it runs in a thread, and what it says leaves as it comes."""

import threading
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from mcp_api.calls.call import Call
from mcp_api.calls.conversation import Message
from mcp_api.errors import Busy, Cancelled
from mcp_api.protocol.admission import Admission
from mcp_api.protocol.dispatch import dispatch, time_limit, time_out
from mcp_api.replies import failure_message, result_message
from mcp_api.streams import deadlines, pool, threads, weak_methods
from mcp_api.streams.channel import Channel
from mcp_api.streams.connection import is_closed
from mcp_api.streams.event_stream import End, event, stream_response
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.request_threads import RequestThread
from mcp_api.streams.severing import Hold

# How often a call that has said nothing yet looks whether its client is still there.
TICK_SECONDS = 0.5
# What a client can do without where it does not keep up.
DISPENSABLE = ("notifications/progress", "notifications/message")


@dataclass(frozen=True, slots=True)
class Ended:
    """The last word: a result, or why there is none."""

    result: dict[str, Any] | None = None
    error: BaseException | None = None

    @property
    def is_cancelled(self) -> bool:
        """Then there is no last word (spec, Cancellation: "Not send a response for the cancelled request")."""
        return isinstance(self.error, Cancelled)


class Exchange:
    """A modern call: when its client goes, it is cancelled (basic/transports/streamable-http, Cancellation)."""

    def __init__(self, request: HttpRequest, call: Call, *, speaks: bool = True) -> None:
        self.request, self.call = request, call
        self.admission = Admission(request, call.principal)
        self.seconds = time_limit(call)
        # What is known of the request wherever it is worked on: its id, its trace. Whoever runs in it takes a copy.
        self._context = copy_context()
        self._deadline: deadlines.Deadline | None = None
        self._hold: Hold | None = None
        self._job: threads.Job | None = None
        self._thread = RequestThread(call.principal.user.pk)
        self._lock = threading.RLock()
        self.channel = Channel()
        self.stream = OpenStream(request, call.principal, self.token_ended, counts=False)
        if speaks and accepts_events(request):
            call.conversation.say = weak_methods.weakly(self.say)

    def start_and_wait(self) -> None:
        """Begin the first attempt, in a thread of requests that will wait for it in `first`. Raises Busy."""
        try:
            self._thread.take()
        except Busy:
            self.discard()
            raise
        self.start()

    def start(self) -> None:
        """Begin an attempt. Raises Busy."""
        person, octets = self.call.principal.user.pk, threads.octets_of(self.request)
        if self.seconds is not None:
            self._deadline = deadlines.begin(self.seconds, partial(self._context.copy().run, self.expire))
        try:
            self._job = threads.submit(person, octets, partial(self._context.copy().run, self.attempt))
        except Busy:
            self.discard()
            raise

    def discard(self) -> None:
        """Drop what was begun for an attempt that cannot be."""
        if self._deadline is not None:
            self._deadline.met()
        self._thread.release()

    # --- In the tool's thread --------------------------------------------------------------------

    def attempt(self) -> None:
        with self._lock:
            if self.call.conversation.expired:
                return
            self._hold = hold = Hold()
        ended = self.outcome(hold)
        hold.release()
        if self.is_in_time():
            self.conclude(ended)

    def outcome(self, hold: Hold) -> "Ended":
        try:
            hold.take()
            self.call = self.admitted()
            return Ended(result=dispatch(self.call))
        except Cancelled:
            # Nobody asks where, and its traceback would hold the call.
            return Ended(error=Cancelled())
        except BaseException as error:
            return Ended(error=error)

    def admitted(self) -> Call:
        """The call, with its principal read again where it waited for a thread. Raises InvalidToken."""
        return self.admission.of(self.call)

    def is_in_time(self) -> bool:
        """Whether the attempt is the one to say how it ended; else `expire` did, or is about to."""
        return self._deadline is None or self._deadline.met() or self.call.conversation.settled

    def conclude(self, ended: "Ended") -> None:
        self.finish(ended)

    def say(self, message: Message) -> None:
        if not (self.channel.is_flooded and message.get("method") in DISPENSABLE):
            self.channel.put(message)

    def finish(self, ended: Ended) -> None:
        self.channel.put(ended)
        self.channel.put(End())

    # --- In the thread, or the event loop, that replies -----------------------------------------

    def first(self) -> Any:
        """What comes first: Ended, or a message, after which `respond` makes a stream of the rest."""
        pool.give_back()
        item = None
        try:
            item = self._first()
        finally:
            if item is None or isinstance(item, Ended):
                self._thread.release()
        return item

    def _first(self) -> Any:
        while True:
            item = self.channel.take(TICK_SECONDS)
            if item is not None:
                return item
            if is_closed(self.request):
                self.reader_gone()
                return Ended(error=Cancelled())

    async def first_async(self) -> Any:
        """The same for an event loop."""
        while True:
            item = await self.channel.take_async(TICK_SECONDS)
            if item is not None:
                return item
            if is_closed(self.request):
                self.reader_gone()
                return Ended(error=Cancelled())

    def respond(self, first: Any) -> HttpResponseBase:
        self.channel.put_first(first)
        self.stream.begin()
        if isinstance(self.request, ASGIRequest):
            # The event loop sends what follows.
            self._thread.release()
        return stream_response(self.request, self.channel, self.encode, self.closed)

    def encode(self, item: Any) -> bytes:
        if isinstance(item, Ended):
            return b"" if item.is_cancelled else event(self.final_message(item))
        return event(item)

    def final_message(self, ended: Ended) -> Message:
        if ended.result is not None:
            return result_message(self.call.request, ended.result)
        return failure_message(self.call.request, ended.error)

    def closed(self) -> None:
        """The stream is over, because it ended or because its client went."""
        self.stream.finish()
        self._thread.release()
        self.reader_gone()

    # --- When something happens to it ------------------------------------------------------------

    def expire(self) -> None:
        """Its time is over: the client is answered, an async tool stopped; another one keeps its thread, but may not
        write any more.
        """
        with self._lock:
            if not self.call.conversation.expire():
                return
            hold, job = self._hold, self._job
        if job is not None and not job.cancel() and hold is not None and hold.sever():
            job.give_up()
        try:
            self.finish(Ended(result=time_out(self.call, self.seconds or 0)))
        except Exception as error:
            self.finish(Ended(error=error))
        finally:
            close_old_connections()

    def reader_gone(self) -> None:
        self.call.conversation.cancel()
        self.channel.close()
        if self._job is not None and self._job.cancel() and self._deadline is not None:
            # It never ran: nothing is left that would notice.
            self._deadline.met()

    def token_ended(self) -> None:
        """Nothing may reach this client any more."""
        self.call.conversation.cancel()
        self.channel.put_first(End())


def accepts_events(request: HttpRequest) -> bool:
    """Whether the client reads streams. The specification has it say so; a person with curl may not."""
    return "text/event-stream" in request.META.get("HTTP_ACCEPT", "")
