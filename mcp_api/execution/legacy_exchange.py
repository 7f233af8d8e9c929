"""Exchange of a legacy call: it goes on when its client disconnects, and asks for input on its own stream.

Spec 2025-11-25, basic/transports: "Disconnection SHOULD NOT be interpreted as the client cancelling its request." A
client with a session of that revision can reconnect and read what it missed.
"""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from mcp_types.jsonrpc import REQUEST_TIMEOUT

from accounts.resource_server.bearer import InvalidToken
from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.calls.incoming import Incoming
from mcp_api.errors import Busy, Cancelled, McpError
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.exchange import DISPENSABLE, Exchange
from mcp_api.execution.input_rounds import InputRounds
from mcp_api.execution.resumable_stream import ResumableStream
from mcp_api.execution.stream_record import PrimingEvent
from mcp_api.input_requests.questions import InputRequest, InputRequired
from mcp_api.pubsub import broker
from mcp_api.streams import running_calls, sessions
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.sse import End
from mcp_api.streams.weak_callbacks import weak_callback


class LegacyExchange(Exchange):
    """A legacy call."""

    def __init__(self, incoming: Incoming, call: Call) -> None:
        super().__init__(incoming, call)
        self._resumable = ResumableStream(call)
        self._rounds = InputRounds(call, incoming.octets)
        # Whether the call has ended, and whether it goes on without its client.
        self._is_finished = self._is_detached = False
        self._unsubscribe: Callable[[], None] = lambda: None
        if self._resumable.is_resumable and call.channel.send is not None:
            call.channel.close_sse_stream = weak_callback(self.close_sse_stream)

    def subscribe(self) -> None:
        """Subscribe to the messages of the client, whichever process receives them. To be called before `start`.

        Waits for the database if nothing in this process has subscribed before (broker.is_reading).
        """
        if self.call.session is not None:
            self._unsubscribe = broker.subscribe(sessions.topic(self.call.session), self.receive)

    def unsubscribe(self) -> None:
        """May be called more than once."""
        unsubscribe, self._unsubscribe = self._unsubscribe, lambda: None
        unsubscribe()

    def discard(self) -> None:
        super().discard()
        self.unsubscribe()

    # --- In the tool's thread or task ------------------------------------------------------------

    @property
    def must_readmit(self) -> bool:
        return bool(self._rounds.count) or super().must_readmit

    def admitted(self) -> Call:
        """Return the call with a principal that may do what both its token and those of the responses allow now.

        Raises InvalidToken, and Cancelled if the session has ended.
        """
        if not self._rounds.count:
            return super().admitted()
        if self.call.session is not None and not sessions.is_alive(self.call.session):
            raise Cancelled
        return self.admission.again(self.call, self._rounds.token_ids)

    def conclude(self, conclusion: Conclusion) -> None:
        match conclusion.error:
            case InputRequired():
                self.ask(conclusion.error.questions)
            case InvalidToken() if self._rounds.count:
                # Nothing may be sent to this client any more.
                self.finish(Conclusion(error=Cancelled(), event=conclusion.event))
            case _:
                self.finish(conclusion)

    def send(self, message: Message) -> None:
        with self._lock:
            if self._is_full() and message.get("method") in DISPENSABLE:
                return
            item = self._resumable.add(message)
            if not self._resumable.is_recorded:
                self.put(item)

    def _is_full(self) -> bool:
        if self._resumable.is_recorded:
            return self._resumable.is_full
        return self._queue is not None and self._queue.is_flooded

    def finish(self, conclusion: Conclusion) -> None:
        running_calls.discard(self)
        self.unsubscribe()
        self._rounds.end()
        if self._resumable.has_begun or self._is_detached:
            conclusion = conclusion.recorded()
        with self._lock:
            self._is_finished = True
            if self._resumable.is_resumable and self._resumable.has_begun:
                # Even if the client is connected now: the connection may end before the last message arrives.
                self._resumable.finish(None if conclusion.is_cancelled else self.final_message(conclusion))
            if not self._resumable.is_recorded:
                super().finish(conclusion)
            if self._is_detached:
                self.end_stream()

    # --- Input requests ----------------------------------------------------------------------------

    def ask(self, questions: dict[str, InputRequest[Any]]) -> None:
        """Send `questions` on the stream. The last response begins the next attempt."""
        place = OpenStream(
            self.incoming.request, self.call.principal, self.token_ended, counts=True, stop=self.stop_asking
        )
        try:
            requests = self._rounds.begin(questions, place, self.give_up)
        except Busy as busy:
            self.finish(Conclusion(error=busy))
            return
        for request_id, question in requests.items():
            self.send({"jsonrpc": "2.0", "id": request_id, **question.as_request()})

    def give_up(self) -> None:
        message = "Nobody answered in time. Call again to be asked again."
        self.finish(Conclusion(error=McpError(REQUEST_TIMEOUT, message)))

    def stop_asking(self) -> None:
        """Answer a call whose questions no answer can reach any more, as its process stops."""
        message = "The server restarts. Call again to be asked again."
        self.finish(Conclusion(error=McpError(REQUEST_TIMEOUT, message)))

    def answered(self, message: dict[str, Any]) -> bool:
        """Take a response of the client. Returns whether it is to a request of this call."""
        is_last = self._rounds.add_response(message["id"], message["answer"], message["error"], message.get("token"))
        if is_last:
            self._rounds.end()
            try:
                self.start()
            except Busy as busy:
                self.finish(Conclusion(error=busy))
        return is_last is not None

    # --- Events from outside -----------------------------------------------------------------------

    def receive(self, number: int, message: dict[str, Any]) -> bool:
        """Take a message of the session's topic. Returns whether it is for this call alone."""
        match message["kind"]:
            case "answer":
                return self.answered(message)
            case "cancelled" if message["id"] == self.call.request.id:
                self.cancel()
                return True
            case "resume" if message["stream"] == self._resumable.id:
                self.hand_over()
                return True
            case "ended":
                self.cancel()
        return False

    def cancel(self) -> None:
        self.call.channel.cancel()
        if self._rounds.is_waiting or self.attempts.cancel():
            # No attempt runs that would conclude the call.
            self.finish(Conclusion(error=Cancelled()))

    def client_disconnected(self) -> None:
        """Let the call go on. Until it ends, it is watched like an open stream, as its token may end before it."""
        if self._resumable.is_resumable and self._resumable.has_begun:
            self.hand_over()
        with self._lock:
            self._is_detached = True
            if not self._is_finished:
                self.begin_stream()

    def token_ended(self) -> None:
        super().token_ended()
        self.cancel()

    # --- Reconnection ------------------------------------------------------------------------------

    def respond(self) -> HttpResponseBase:
        response = super().respond()
        if self._resumable.is_resumable and self._queue is not None:
            self._queue.put_first(PrimingEvent())
        return response

    def encode(self, item: Any) -> bytes:
        if not isinstance(item, Conclusion):
            return self._resumable.encode(item)
        return b"" if item.is_cancelled else self._resumable.encode_last(self.final_message(item))

    def close_sse_stream(self) -> None:
        """End the connection but not the call; the client can reconnect."""
        with self._lock:
            self.put(self._resumable.reconnect_hint())
            self.hand_over()

    def hand_over(self) -> None:
        """End the connection, and record all messages: the client reads them by another request, in any process."""
        with self._lock:
            if self._resumable.is_recorded or self._is_finished:
                return
            self._resumable.start_recording()
            if self._queue is not None:
                self._queue.put(End())
