"""Rounds of input requests of a legacy call: each is sent on the stream, and its responses come in the session."""

import secrets
import threading
from collections.abc import Callable
from typing import Any

from mcp_api.calls.call import Call
from mcp_api.calls.channel import InputResponse
from mcp_api.errors import Busy
from mcp_api.input_requests.questions import InputRequest
from mcp_api.streams import sessions
from mcp_api.streams.open_streams import OpenStream
from mcp_api.workers import deadlines, threads

ANSWER_SECONDS = 600
MOST_ROUNDS = 50


class InputRounds:
    """The rounds of one call, whose message has so many `octets`. Between them no attempt runs."""

    def __init__(self, call: Call, octets: int) -> None:
        self._call, self._octets = call, octets
        # The rounds so far, and the tokens that the responses came with.
        self.count = 0
        self.token_ids: set[int] = set()
        self._lock = threading.Lock()
        # By the id of the request: the key of the question, and the question.
        self._pending: dict[str, tuple[str, InputRequest[Any]]] = {}
        self._deadline: deadlines.Deadline | None = None
        self._place: OpenStream | None = None
        self._counted_octets = 0

    @property
    def is_waiting(self) -> bool:
        with self._lock:
            return bool(self._pending)

    def begin(
        self, questions: dict[str, InputRequest[Any]], place: OpenStream, give_up: Callable[[], None]
    ) -> dict[str, InputRequest[Any]]:
        """Begin a round, and return the requests to send, by id. `give_up` is called if it takes too long.

        Until `end`, the round takes `place` among the open streams, and the call's message counts as held.

        Raises Busy, after which `end` is to be called, too.
        """
        self._place = place
        self.count += 1
        if self.count > MOST_ROUNDS or not place.begin():
            raise Busy
        threads.waiting_octets.take(self._call.principal.user.pk, self._octets)
        self._counted_octets = self._octets
        pending = {self._new_id(): asked for asked in questions.items()}
        with self._lock:
            self._pending = dict(pending)
            self._deadline = deadlines.begin(ANSWER_SECONDS, give_up)
        return {request_id: question for request_id, (_, question) in pending.items()}

    def add_response(
        self, request_id: str, answer: dict[str, Any] | None, error: str | None, token_id: int | None
    ) -> bool | None:
        """Add a response to the call's answers.

        Returns whether it was the last one of the round; None if the request is not one of this round.

        `token_id` is the token that the response came with; None if a process of an earlier version received it.
        """
        with self._lock:
            if request_id not in self._pending:
                return None
            key, question = self._pending.pop(request_id)
            self._call.channel.answers[key] = InputResponse(answer or {}, question.digest, error)
            if token_id is not None:
                self.token_ids.add(token_id)
            return not self._pending

    def end(self) -> None:
        """End the round, and release what it took. May be called more than once."""
        with self._lock:
            self._pending.clear()
            if self._deadline is not None:
                self._deadline.met()
            if self._place is not None:
                self._place.finish()
            self._deadline = self._place = None
            octets, self._counted_octets = self._counted_octets, 0
        threads.waiting_octets.release(self._call.principal.user.pk, octets)

    def _new_id(self) -> str:
        session = self._call.session
        return sessions.new_question_id(session) if session is not None else secrets.token_urlsafe(12)
