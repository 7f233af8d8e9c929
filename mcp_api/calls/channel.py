"""Messages between a call and its client besides the result: progress, log messages, input requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, get_args

from django.conf import settings
from mcp_types import LoggingLevel
from pydantic import ValidationError

from mcp_api.errors import Cancelled, InvalidAnswer, MissingCapability, ToolError, UnfitResult
from mcp_api.input_requests.questions import Answer, InputRequest, InputRequired, lacking
from mcp_api.schemas.rows import as_json
from mcp_api.schemas.validation_messages import Unfit, explain, summarize

LEVELS: tuple[str, ...] = get_args(LoggingLevel)

Message = dict[str, Any]


class ClientChannel:
    """The channel of one call. By default its client neither reads messages nor answers.

    `capabilities` are those that the client declared; `log_level` is the least severe level that it wants to receive,
    None for no log messages. `answers` are its answers so far, by key. `send` sends a JSON-RPC message before the
    result; it is None if the client cannot read one.
    """

    def __init__(
        self,
        *,
        capabilities: dict[str, Any] | None = None,
        log_level: str | None = None,
        progress_token: str | int | None = None,
        unreachable: str = "",
    ) -> None:
        self.capabilities = capabilities or {}
        self.log_level = log_level
        self.progress_token = progress_token
        # The reason why the client cannot be asked, whatever its capabilities are.
        self.unreachable = unreachable
        self.answers: dict[str, InputResponse] = {}
        # The questions of this attempt that have no answer yet. They end the attempt even if the tool goes on.
        self.unanswered: dict[str, InputRequest[Any]] = {}
        # Whether the attempt went on after its questions, as the tool caught InputRequired.
        self.was_caught = False
        # Whether the caller is the tool's author, who sees the text of an AuthorError.
        self.shows_author_errors = settings.DEBUG
        # Whether the caller sees which exception a tool raised.
        self.shows_exceptions = False
        self.send: Callable[[Message], object] | None = None
        # Ends the connection if the client can reconnect (mcp_api/execution/legacy_exchange.py).
        self.close_sse_stream: Callable[[], None] | None = None
        # Of a task (mcp_api/extensions/tasks): where its progress is kept, and its result, just before the commit.
        self.keep_progress: Callable[[float, float | None, str | None], object] | None = None
        self.keep_result: Callable[[dict[str, Any]], object] | None = None
        # Columns of the call's event.
        self.event_fields: dict[str, str] = {}
        self._progressed = float("-inf")
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        # Whether the call has exceeded its time limit; and whether its result is final, after which it cannot.
        self.expired = self.settled = False
        self._cancel_work: Callable[[], object] | None = None

    def silence(self) -> None:
        """Send nothing but the result: no messages, and no input requests."""
        self.capabilities, self.answers = {}, {}
        self.send = self.close_sse_stream = None

    # --- Messages before the result ------------------------------------------------------------

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Send progress if the client asked for it.

        Spec (basic/patterns/progress): "The progress value MUST increase with each notification".
        """
        if not isfinite(done) or (total is not None and not isfinite(total)):
            raise UnfitResult(f"The progress {done} of {total} is not a finite number.")
        if self.keep_progress is not None:
            self.keep_progress(done, total, message)
        if self.send is None or self.progress_token is None or done <= self._progressed:
            return
        self._progressed = done
        params = {"progressToken": self.progress_token, "progress": done, "total": total, "message": message}
        self.send(notification("notifications/progress", {k: v for k, v in params.items() if v is not None}))

    def log(self, level: str, data: Any, logger: str) -> None:
        """Send a log message if the client wants messages of that level."""
        if self.send is not None and self.log_level is not None and is_severe(level, self.log_level):
            self.send(notification("notifications/message", {"level": level, "logger": logger, "data": data}))

    # --- Input requests ------------------------------------------------------------------------

    def ask(self, questions: dict[str, InputRequest[Any]]) -> dict[str, Any]:
        """Return the answers, by key.

        Raises InputRequired until all are there, MissingCapability if the client does not support the questions,
        ToolError if the client could not answer, and McpError for an invalid answer.
        """
        self.stop_if_cancelled()
        self.stop_if_asked()
        missing = lacking(self.capabilities, questions)
        questions = {key: question.encodable(f"The question {key}") for key, question in questions.items()}
        if missing:
            raise MissingCapability(missing, self.unreachable)
        answers = {key: self.answers[key] for key in questions if key in self.answers}
        unanswered = {
            key: question
            for key, question in questions.items()
            if key not in answers or not answers[key].is_for(question)
        }
        if unanswered:
            self.unanswered = unanswered
            raise InputRequired(unanswered)
        return {key: self._read(key, question, answers[key]) for key, question in questions.items()}

    def begin_attempt(self) -> None:
        """Forget the questions of an earlier attempt, which are answered now."""
        self.unanswered, self.was_caught = {}, False

    def stop_if_asked(self) -> None:
        """Raise InputRequired if this attempt has unanswered questions, after which it can only end."""
        if self.unanswered:
            self.was_caught = True
            raise InputRequired(self.unanswered)

    def _read(self, key: str, question: InputRequest[Any], response: InputResponse) -> Any:
        if response.error is not None:
            raise ToolError(f"The client could not answer {key}: {response.error}")
        try:
            return question.read(response.answer)
        except ValidationError as error:
            raise InvalidAnswer(key, explain(error, whole=key), summarize(error, whole=key)) from error
        except Unfit as error:
            raise InvalidAnswer(key, str(error), error.detail) from error
        except ValueError as error:
            raise InvalidAnswer(key, str(error), "ValueError") from error

    # --- Cancellation --------------------------------------------------------------------------

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Cancel the call: set `cancelled`, and stop an async tool."""
        self._cancelled.set()
        if self._cancel_work is not None:
            self._cancel_work()

    def expire(self) -> bool:
        """Cancel a call that exceeds its time limit. Returns False if its result is final already."""
        with self._lock:
            if self.settled:
                return False
            self.expired = True
        self.cancel()
        return True

    def settle(self) -> None:
        """Make the result final, just before it is committed. Raises Cancelled if the call is cancelled."""
        with self._lock:
            self.stop_if_cancelled()
            self.settled = True

    def detach(
        self,
        keep_result: Callable[[dict[str, Any]], object],
        keep_progress: Callable[[float, float | None, str | None], object],
    ) -> bool:
        """Let the call go on as a task. Return False if its result is final, or it is cancelled."""
        with self._lock:
            if self.settled or self.cancelled:
                return False
            self.keep_result, self.keep_progress = keep_result, keep_progress
            self.send = self.close_sse_stream = None
            return True

    @property
    def is_detached(self) -> bool:
        """Return whether the call is a task."""
        return self.keep_result is not None

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled if the call is cancelled."""
        if self.cancelled:
            raise Cancelled

    def on_cancel(self, work: Callable[[], object] | None) -> None:
        """Set the callback that stops the running async tool, or remove it. It is called at once if cancelled."""
        self._cancel_work = work
        if work is not None and self.cancelled:
            work()


class InputResponse:
    """An answer or an error of the client, and the digest of its question, if that is known."""

    __slots__ = ("answer", "digest", "error")

    def __init__(self, answer: Answer, digest: str | None = None, error: str | None = None) -> None:
        self.answer, self.digest, self.error = answer, digest, error

    def is_for(self, question: InputRequest[Any]) -> bool:
        """Return whether it answers this question: a later attempt may ask another one under the same key."""
        return self.digest is None or self.digest == question.digest


@dataclass(frozen=True, slots=True)
class State:
    """State of a call after an attempt: the answers so far, and the digests of its last questions, by key.

    `chain` identifies the call, and is the same for all of its attempts. `expires` is in seconds since the epoch.
    """

    chain: str
    expires: float
    asked: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[str | None, Any]] = field(default_factory=dict)


def notification(method: str, params: dict[str, Any]) -> Message:
    """Return a JSON-RPC notification. Raises UnfitResult, in the tool, for `params` that JSON cannot represent."""
    return {"jsonrpc": "2.0", "method": method, "params": as_json(params, "A message to the client")}


def is_severe(level: str, least: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(least)
