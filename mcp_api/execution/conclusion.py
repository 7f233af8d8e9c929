"""Conclusion of a call: its result or its error, and its event for the audit log."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from mcp_types.jsonrpc import INTERNAL_ERROR

from accounts.audit import events
from accounts.db.errors import UNAVAILABLE
from accounts.models import Event
from mcp_api.calls import audit
from mcp_api.calls.call import Call
from mcp_api.errors import Cancelled, InsufficientScope, McpError
from mcp_api.execution import request_state
from mcp_api.input_requests.questions import InputRequired
from mcp_api.methods.app_errors import as_tool_error
from mcp_api.methods.table import wire_result
from mcp_api.methods.tool_results import ToolFailed
from mcp_api.policy import rules as policy
from mcp_api.registry import targets


@dataclass(slots=True)
class Conclusion:
    """The result of a call, which may be a tool's own error, or the error that ended the call.

    `event` is the call's event while it is not written: a call that wrote to the database commits its event with that.
    """

    result: dict[str, Any] | None = None
    error: BaseException | None = None
    event: Event | None = None

    @property
    def is_cancelled(self) -> bool:
        """Return whether nothing is sent (spec, Cancellation: "Not send a response for the cancelled request")."""
        return isinstance(self.error, Cancelled)

    def recorded(self) -> "Conclusion":
        """Write the event and return this conclusion; if writing fails, return a conclusion with that error."""
        try:
            self.write_event()
        except Exception as error:
            return Conclusion(error=error)
        return self

    def value(self) -> dict[str, Any]:
        """Return the result, or raise the error and drop it: its traceback has frames that refer to this object."""
        error, self.error = self.error, None
        if error is None:
            return self.result or {}
        try:
            raise error
        finally:
            del error

    def write_event(self) -> None:
        """Write the event, unless that is done. Raises the database's errors."""
        event, self.event = self.event, None
        if event is not None:
            events.record_event(event)


def conclusion_of(call: Call, started: float, error: BaseException) -> Conclusion:
    """Return the conclusion of a call that `error` ended; raise an error that does not end calls, such as SystemExit.

    `started` is time.monotonic() at the beginning of the call.
    """
    match error:
        case InputRequired():
            if not call.request.is_modern:
                return Conclusion(error=InputRequired(error.questions))
            result = wire_result(call, request_state.input_required(call, error.questions))
            return Conclusion(result, event=event_of(call, Event.Outcome.OK, started, reason="input_required"))
        case Cancelled():
            return _cancelled(call, started)
        case ToolFailed():
            if call.channel.expired:
                return Conclusion(error=Cancelled())
            event = event_of(call, started=started, **_error_fields(error))
            return Conclusion(wire_result(call, error.result), event=event)
        case IntegrityError() if call.request.method == "tools/call" and (told := as_tool_error(error)) is not None:
            # A constraint that is checked at the commit, as those of foreign keys are.
            return conclusion_of(call, started, ToolFailed("tool_error", str(told)))
        case _ if isinstance(error, UNAVAILABLE) or (isinstance(error, Exception) and call.channel.expired):
            return Conclusion(error=error)
        case Exception():
            # A refusal, or a defect outside the tool itself.
            return Conclusion(error=error, event=event_of(call, started=started, **_error_fields(error)))
    raise error


def _cancelled(call: Call, started: float) -> Conclusion:
    """Return the conclusion of a cancelled call. `timed_out` records a call that was cancelled by its time limit."""
    if call.channel.expired:
        return Conclusion(error=Cancelled())
    return Conclusion(error=Cancelled(), event=event_of(call, Event.Outcome.FAILED, started, reason="cancelled"))


def timed_out(call: Call, seconds: float) -> Conclusion:
    """Return the conclusion of a call that exceeded its time limit of `seconds`."""
    event = event_of(call, Event.Outcome.FAILED, time.monotonic() - seconds, reason="timeout")
    return _given_up(call, f"It took longer than {seconds:g} seconds, and was given up.", event)


def process_stopped(call: Call, started: float) -> Conclusion:
    """Return the conclusion of a call, begun at `started` (time.monotonic()), that its process does not outlast."""
    event = event_of(call, Event.Outcome.FAILED, started, reason="server_stopped")
    return _given_up(call, "The server restarts, and the call was given up. Call again.", event)


def _given_up(call: Call, message: str, event: Event) -> Conclusion:
    if call.request.method != "tools/call":
        return Conclusion(error=McpError(INTERNAL_ERROR, message), event=event)
    return Conclusion(wire_result(call, ToolFailed("timeout", message).result), event=event)


def event_of(call: Call, outcome: str, started: float, **fields: Any) -> Event:
    """Return the event of `call`, with its arguments if the policy of its tool keeps them."""
    fields = {**call.channel.event_fields, **fields}
    keep = policy.keeps_arguments(targets.find(call.request), call.principal)
    return events.describe(Event.Kind.MCP, **audit.fields_of(call, outcome, started, keep_arguments=keep, **fields))


def _error_fields(error: Exception) -> dict[str, str]:
    """Return the columns of the event of a call that `error` ended."""
    match error:
        case ToolFailed():
            return {"outcome": Event.Outcome.FAILED, "reason": error.reason, "detail": error.detail}
        case McpError() | InsufficientScope():
            return {"outcome": Event.Outcome.REFUSED, "reason": error.reason, "detail": error.detail}
        case _:
            return {"outcome": Event.Outcome.FAILED, "reason": "defect"}
