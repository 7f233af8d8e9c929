"""Messages between a call and its client beside the result: progress, log messages, questions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, get_args

from django.conf import settings
from mcp_types import LoggingLevel
from mcp_types.jsonrpc import INVALID_PARAMS
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from mcp_api.errors import Cancelled, McpError, MissingCapability, ToolError
from mcp_api.input_requests.questions import Answer, InputRequest, InputRequired, lacking
from mcp_api.schemas.validation_messages import Unfit, explain, summarize

LEVELS: tuple[str, ...] = get_args(LoggingLevel)

Message = dict[str, Any]


class ClientChannel:
    """A call's own. By itself it is one with a client that neither listens nor answers.

    `capabilities` are the client's, `answers` what it answered so far, by key. `say` takes a JSON-RPC
    message that is to leave before the result, where the client reads such; `log_level` is the least severe
    that it wants to read of, None where it wants none.
    """

    def __init__(
        self,
        *,
        capabilities: dict[str, Any] | None = None,
        log_level: str | None = None,
        progress_token: str | int | None = None,
    ) -> None:
        self.capabilities = capabilities or {}
        self.log_level = log_level
        self.progress_token = progress_token
        self.answers: dict[str, InputResponse] = {}
        # What was asked in this attempt and has no answer yet: the attempt ends with it, whatever the tool does.
        self.unanswered: dict[str, InputRequest[Any]] = {}
        # Whether the attempt went on after it had asked: what ends it was caught.
        self.was_caught = False
        # Whether who calls wrote what is called, and is told what is wrong with it.
        self.tells_author = settings.DEBUG
        # Whether it is told which exception a tool raised.
        self.shows_exceptions = False
        self.say: Callable[[Message], None] | None = None
        # Ends the connection where the client can come back for the rest (mcp_api/execution/legacy_exchange.py).
        self.close_sse_stream: Callable[[], None] | None = None
        self._progressed = float("-inf")
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        # Whether the time for it is over; and whether its result is final, so that this comes too late.
        self.expired = self.settled = False
        self._cancel_work: Callable[[], object] | None = None

    def silence(self) -> None:
        """Let nothing but the result leave: nobody is asked, and nobody is told anything on the way."""
        self.capabilities, self.answers = {}, {}
        self.say = self.close_sse_stream = None

    # --- Early words ---------------------------------------------------------------------------

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Spec (basic/patterns/progress): "The progress value MUST increase with each notification"."""
        if self.say is None or self.progress_token is None or done <= self._progressed:
            return
        self._progressed = done
        params = {"progressToken": self.progress_token, "progress": done, "total": total, "message": message}
        self.say(notification("notifications/progress", {k: v for k, v in params.items() if v is not None}))

    def log(self, level: str, data: Any, logger: str) -> None:
        if self.say is not None and self.log_level is not None and is_severe(level, self.log_level):
            self.say(notification("notifications/message", {"level": level, "logger": logger, "data": data}))

    # --- Questions -----------------------------------------------------------------------------

    def ask(self, questions: dict[str, InputRequest[Any]]) -> dict[str, Any]:
        """The answers, by key, once all are there. Raises InputRequired until then, MissingCapability where the
        client could not answer, and what `refuse` does for an answer that does not fit.
        """
        self.stop_if_cancelled()
        self.stop_if_asked()
        missing = lacking(self.capabilities, questions)
        if missing:
            raise MissingCapability(missing)
        given = {key: self.answers[key] for key in questions if key in self.answers}
        unanswered = {key: asked for key, asked in questions.items() if key not in given or not given[key].fits(asked)}
        if unanswered:
            self.unanswered = unanswered
            raise InputRequired(unanswered)
        return {key: self._read(key, asked, given[key]) for key, asked in questions.items()}

    def begin_attempt(self) -> None:
        """Forget what an earlier attempt asked: it has been answered."""
        self.unanswered, self.was_caught = {}, False

    def stop_if_asked(self) -> None:
        """Raise InputRequired where this attempt has asked already: it can only end, and be run again."""
        if self.unanswered:
            self.was_caught = True
            raise InputRequired(self.unanswered)

    def _read(self, key: str, question: InputRequest[Any], given: InputResponse) -> Any:
        if given.error is not None:
            raise ToolError(f"The client could not answer {key}: {given.error}")
        try:
            return question.read(given.answer)
        except ValidationError as error:
            raise unfit(key, explain(error, whole=key), summarize(error, whole=key)) from error
        except Unfit as error:
            raise unfit(key, str(error), error.detail) from error
        except ValueError as error:
            raise unfit(key, str(error), "ValueError") from error

    # --- Cancellation --------------------------------------------------------------------------

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Nobody waits for the result any more: tell the tool."""
        self._cancelled.set()
        if self._cancel_work is not None:
            self._cancel_work()

    def expire(self) -> bool:
        """The time for the call is over. Returns False where its result is final already."""
        with self._lock:
            if self.settled:
                return False
            self.expired = True
        self.cancel()
        return True

    def settle(self) -> None:
        """Make the result final, just before it is committed. Raises Cancelled where nobody waits for it any more."""
        with self._lock:
            self.stop_if_cancelled()
            self.settled = True

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled where nobody waits for the result."""
        if self.cancelled:
            raise Cancelled

    def cancels(self, work: Callable[[], object] | None) -> None:
        """`work` is what stops an async tool that is running now."""
        self._cancel_work = work
        if work is not None and self.cancelled:
            work()


class InputResponse:
    """An answer, or the error that came instead, and which question it is to, where that is known."""

    __slots__ = ("answer", "digest", "error")

    def __init__(self, answer: Answer, digest: str | None = None, error: str | None = None) -> None:
        self.answer, self.digest, self.error = answer, digest, error

    def fits(self, question: InputRequest[Any]) -> bool:
        """Whether it is to this very question: a tool may ask another under that key, once the world has changed."""
        return self.digest is None or self.digest == question.digest


@dataclass(frozen=True, slots=True)
class State:
    """What was answered before, and what was asked last: its questions' digests, by key.

    `chain` is the same for all attempts of one call.
    """

    chain: str
    expires: float
    asked: dict[str, str] = field(default_factory=dict)
    answers: dict[str, tuple[str | None, Any]] = field(default_factory=dict)


def unfit(key: str, problem: str, detail: str) -> McpError:
    """The error for an answer that does not fit its question."""
    told = f"The answer to {key} does not fit"
    return McpError(INVALID_PARAMS, f"{told}: {problem}", detail=f"{told}: {detail}")


def notification(method: str, params: dict[str, Any]) -> Message:
    """As JSON has it. Raises ValueError, in the tool that said it, for what JSON cannot hold."""
    plain: dict[str, Any] = from_json(to_json(params, inf_nan_mode="null"))
    return {"jsonrpc": "2.0", "method": method, "params": plain}


def is_severe(level: str, least: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(least)
