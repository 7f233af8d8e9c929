"""A legacy call: it goes on when its client's connection breaks, and asks on its own stream.

Spec 2025-11-25, basic/transports: "Disconnection SHOULD NOT be interpreted as the client cancelling its
request." Whoever has a session and speaks that revision can come back for what they missed.
"""

import secrets
from collections import deque
from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from mcp_types.jsonrpc import REQUEST_TIMEOUT
from mcp_types.version import LATEST_HANDSHAKE_VERSION

from accounts.resource_server.bearer import InvalidToken
from mcp_api.calls.call import Call
from mcp_api.calls.channel import InputResponse, Message
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import Busy, Cancelled, McpError
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.exchange import DISPENSABLE, Exchange
from mcp_api.execution.stream_record import NOTHING, PrimingEvent, ReconnectHint, StreamEvent, StreamRecord
from mcp_api.input_requests.questions import InputRequest, InputRequired
from mcp_api.pubsub import broker
from mcp_api.streams import open_streams, sessions
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.sse import End, event
from mcp_api.streams.weak_methods import weakly
from mcp_api.workers import deadlines, threads

ANSWER_SECONDS = 600
MOST_ROUNDS = 50
# What a client that comes back can be told of the time when it was away; the result is never lost.
MOST_REMEMBERED = 1000
COME_BACK_MS = 500


class LegacyExchange(Exchange):
    def __init__(self, incoming: Incoming, call: Call) -> None:
        super().__init__(incoming, call)
        self.stream_id = secrets.token_urlsafe(12)
        self._waiting: dict[str, tuple[str, InputRequest[Any]]] = {}
        self._rounds = 0
        # The tokens that its answers came with.
        self._answered_by: set[int] = set()
        self._patience: deadlines.Deadline | None = None
        self._place: OpenStream | None = None
        self._said = self._most = self._octets = 0
        self._remembered: deque[StreamEvent] = deque(maxlen=MOST_REMEMBERED)
        self._record = StreamRecord(call, self.stream_id)
        self._kept = self._streams = self._finished = self._is_unread = False
        self._unsubscribe: Callable[[], None] = lambda: None
        if self.is_resumable and call.channel.say is not None:
            call.channel.close_sse_stream = weakly(self.close_sse_stream)

    def subscribe(self) -> None:
        """Hear what the client says of the call, whichever process it reaches. To be called before it begins.

        Waits for the database where nobody in this process has heard anything (mailbox.is_reading).
        """
        if self.call.session is not None:
            self._unsubscribe = broker.subscribe(sessions.topic(self.call.session), self.receive)

    @property
    def is_resumable(self) -> bool:
        return self.call.session is not None and self.call.request.version == LATEST_HANDSHAKE_VERSION

    # --- In the tool's thread --------------------------------------------------------------------

    @property
    def admission_is_due(self) -> bool:
        return bool(self._rounds) or super().admission_is_due

    def admitted(self) -> Call:
        """The call, as the client's token and those that answered allow it now.

        Raises InvalidToken, and Cancelled where the session has ended.
        """
        if not self._rounds:
            return super().admitted()
        if self.call.session is not None and not sessions.is_alive(self.call.session):
            raise Cancelled
        return self.admission.again(self.call, self._answered_by)

    def conclude(self, ended: Conclusion) -> None:
        match ended.error:
            case InputRequired():
                self.ask(ended.error.questions)
            case InvalidToken() if self._rounds:
                # Nothing may reach this client any more.
                self.finish(Conclusion(error=Cancelled(), event=ended.event))
            case _:
                self.finish(ended)

    def say(self, message: Message) -> None:
        with self._lock:
            is_full = self._said >= self._most if self._kept else self._is_flooded()
            if is_full and message.get("method") in DISPENSABLE:
                return
            self._streams = True
            self._said += 1
            said = StreamEvent(self._said, message)
            if self._kept:
                self._record.add(said)
            else:
                self._remembered.append(said)
                self.put(said)

    def _is_flooded(self) -> bool:
        return self._queue is not None and self._queue.is_flooded

    def discard(self) -> None:
        super().discard()
        self.unsubscribe()

    def unsubscribe(self) -> None:
        """May be called more than once."""
        end, self._unsubscribe = self._unsubscribe, lambda: None
        end()

    def finish(self, ended: Conclusion) -> None:
        self.unsubscribe()
        self._stop_waiting()
        if self._streams or self._is_unread:
            ended = ended.recorded()
        with self._lock:
            self._finished = True
            if self.is_resumable and self._streams:
                # Whether or not the connection lasts until it has arrived.
                last = NOTHING if ended.is_cancelled else StreamEvent(self._said + 1, self.final_message(ended))
                self._record.add(last, is_last=True)
            if not self._kept:
                super().finish(ended)
            if self._is_unread:
                self.end_stream()

    # --- Asking ------------------------------------------------------------------------------------

    def ask(self, questions: dict[str, InputRequest[Any]]) -> None:
        """Put `questions` on the stream. Nothing is held until they are answered, but the stream's own place."""
        self._place = OpenStream(self.incoming.request, self.call.principal, self.token_ended, counts=True)
        self._rounds += 1
        if self._rounds > MOST_ROUNDS or not self._place.begin() or not self.has_room():
            self.finish(Conclusion(error=Busy()))
            return
        requests = {self.question_id(): asked for asked in questions.items()}
        with self._lock:
            self._waiting = dict(requests)
            self._patience = deadlines.begin(ANSWER_SECONDS, self.give_up)
        for request_id, (_, question) in requests.items():
            self.say({"jsonrpc": "2.0", "id": request_id, **question.as_request()})

    def has_room(self) -> bool:
        """Whether the call's message may be kept until it is answered; then it counts until `_stop_waiting`."""
        octets = self.incoming.octets
        try:
            threads.held.take(self.call.principal.user.pk, octets)
        except Busy:
            return False
        self._octets = octets
        return True

    def question_id(self) -> str:
        session = self.call.session
        return sessions.new_question_id(session) if session is not None else secrets.token_urlsafe(12)

    def answered(self, request_id: str, answer: dict[str, Any] | None, error: str | None, token_id: int | None) -> bool:
        """Go on once this was the last answer that is missing. Returns whether it was one of this call's.

        `token_id` is the token that the answer came with; None where a process of an earlier version took it.
        """
        with self._lock:
            if request_id not in self._waiting:
                return False
            key, question = self._waiting.pop(request_id)
            self.call.channel.answers[key] = InputResponse(answer or {}, question.digest, error)
            if token_id is not None:
                self._answered_by.add(token_id)
            if self._waiting:
                return True
        self._stop_waiting()
        try:
            self.start()
        except Busy as busy:
            self.finish(Conclusion(error=busy))
        return True

    def give_up(self) -> None:
        told = "Nobody answered in time. Call again to be asked again."
        self.finish(Conclusion(error=McpError(REQUEST_TIMEOUT, told)))

    def _stop_waiting(self) -> None:
        with self._lock:
            self._waiting.clear()
            if self._patience is not None:
                self._patience.met()
            if self._place is not None:
                self._place.finish()
            self._patience = self._place = None
            octets, self._octets = self._octets, 0
        threads.held.release(self.call.principal.user.pk, octets)

    # --- When something happens to it --------------------------------------------------------------

    def receive(self, number: int, mail: dict[str, Any]) -> bool:
        """Mail for the session, from whichever process its client reached; whether it was for this very call."""
        match mail["kind"]:
            case "answer":
                return self.answered(mail["id"], mail["answer"], mail["error"], mail.get("token"))
            case "cancelled" if mail["id"] == self.call.request.id:
                self.cancel()
                return True
            case "resume" if mail["stream"] == self.stream_id:
                self.keep()
                return True
            case "ended":
                self.cancel()
        return False

    def cancel(self) -> None:
        self.call.channel.cancel()
        with self._lock:
            waited = bool(self._waiting)
        if waited or (self._job is not None and self._job.cancel()):
            # Nothing runs that could notice.
            self.finish(Conclusion(error=Cancelled()))

    def reader_gone(self) -> None:
        """The call goes on all the same. Until it ends it is watched, as its token may end before it."""
        if self.is_resumable and self._streams:
            self.keep()
        with self._lock:
            self._is_unread = True
            if not self._finished:
                self.begin_stream()

    def token_ended(self) -> None:
        if self._is_unread and not open_streams.is_serving():
            # The process is about to stop, for which a call without a reader need not end early.
            return
        super().token_ended()
        self.cancel()

    # --- Coming back -------------------------------------------------------------------------------

    def respond(self) -> HttpResponseBase:
        response = super().respond()
        if self.is_resumable and self._queue is not None:
            self._queue.put_first(PrimingEvent())
        return response

    def encode(self, item: Any) -> bytes:
        match item:
            case PrimingEvent():
                return event(event_id=self.event_id(0), retry_ms=COME_BACK_MS)
            case ReconnectHint():
                return event(event_id=self.event_id(item.number), retry_ms=COME_BACK_MS)
            case StreamEvent():
                return event(item.message, event_id=self.event_id(item.number))
            case Conclusion(is_cancelled=True):
                return b""
            case _:
                return event(self.final_message(item), event_id=self.event_id(self._said + 1))

    def event_id(self, number: int) -> str:
        return f"{self.stream_id}.{number}" if self.is_resumable else ""

    def close_sse_stream(self) -> None:
        with self._lock:
            self._streams = True
            self.put(ReconnectHint(self._said))
            self.keep()

    def keep(self) -> None:
        """From now on let whoever comes back read it elsewhere, and nobody here."""
        with self._lock:
            if self._kept or self._finished:
                return
            self._kept = True
            self._most = self._said + MOST_REMEMBERED
            self._record.add(NOTHING)
            for said in self._remembered:
                self._record.add(said)
            self._remembered.clear()
            if self._queue is not None:
                self._queue.put(End())
