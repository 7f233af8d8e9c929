"""Method name -> handler, one table; and the one way through: check, run, record."""

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mcp_types.jsonrpc import INTERNAL_ERROR, METHOD_NOT_FOUND
from mcp_types.methods import serialize_server_result, validate_client_request
from pydantic import ValidationError

from accounts.audit import events
from accounts.db.errors import UNAVAILABLE
from accounts.models import Event
from mcp_api.conf import conf
from mcp_api.db.lazy_transaction import LazyTransaction
from mcp_api.errors import Cancelled, InsufficientScope, McpError
from mcp_api.execution import audit
from mcp_api.execution.call import Call
from mcp_api.execution.tracing import traced
from mcp_api.input_requests import state as request_state
from mcp_api.input_requests.questions import InputRequired
from mcp_api.methods import completion, lifecycle, logging, prompts, resources, subscriptions, tools
from mcp_api.policy import access
from mcp_api.policy import rules as policy
from mcp_api.protocol.envelope import Request
from mcp_api.registry import targets
from mcp_api.registry import tools as registry
from mcp_api.schemas.validation_messages import LONGEST_NAME, invalid_params

Handler = Callable[[Call], dict[str, Any]]

HANDLERS: dict[str, Handler] = {
    "initialize": lifecycle.initialize,
    "ping": lifecycle.ping,
    "server/discover": lifecycle.discover,
    "tools/list": tools.list_tools,
    "tools/call": tools.call_tool,
    "resources/list": resources.list_resources,
    "resources/templates/list": resources.list_templates,
    "resources/read": resources.read,
    "prompts/list": prompts.list_prompts,
    "prompts/get": prompts.get,
    "completion/complete": completion.complete,
    "logging/setLevel": logging.set_level,
    "resources/subscribe": subscriptions.subscribe,
    "resources/unsubscribe": subscriptions.unsubscribe,
}

SERVER_INFO_META_KEY = "io.modelcontextprotocol/serverInfo"


@dataclass(slots=True)
class Conclusion:
    """How a call ended: by a result, which may be a tool's own error, or by an error.

    `event` is its event where that is not written yet: a call that wrote something commits its own.
    """

    result: dict[str, Any] | None = None
    error: BaseException | None = None
    event: Event | None = None

    @property
    def is_cancelled(self) -> bool:
        """Then there is no last word (spec, Cancellation: "Not send a response for the cancelled request")."""
        return isinstance(self.error, Cancelled)

    def recorded(self) -> "Conclusion":
        """Return the conclusion once its event is written; that it cannot be is a conclusion too."""
        try:
            self.write_event()
        except Exception as error:
            return Conclusion(error=error)
        return self

    def value(self) -> dict[str, Any]:
        """Return the result, or raise the error, which is not kept: its traceback has frames that have this."""
        error, self.error = self.error, None
        if error is None:
            return self.result or {}
        try:
            raise error
        finally:
            del error

    def write_event(self) -> None:
        """Raises the database's errors."""
        event, self.event = self.event, None
        if event is not None:
            events.record_event(event)


def dispatch(call: Call) -> dict[str, Any]:
    """The result of `call` in the shape of its revision. Raises McpError, InsufficientScope or Cancelled, recorded
    already; InputRequired where a legacy call has to ask its client first, which is not recorded: it goes on.
    """
    conclusion = conclude(call)
    conclusion.write_event()
    return conclusion.value()


@traced
def conclude(call: Call) -> Conclusion:
    """Run `call`. Raises nothing: what `dispatch` raises is in the conclusion."""
    conclusion = _conclude(call)
    if conf.TRACES:
        # Within the span of the call, which its event describes.
        try:
            conclusion.write_event()
        except Exception as error:
            return Conclusion(error=error)
    return conclusion


def _conclude(call: Call) -> Conclusion:
    started = time.monotonic()
    try:
        # In no transaction: it counts, however the call ends.
        access.count_call(call, targets.find(call.request))
        with unit_of_work(call) as transaction:
            result = answer(call)
            # What was given up must not be committed.
            call.channel.settle()
            event: Event | None = event_of(call, Event.Outcome.OK, started)
            if event is not None and transaction is not None and transaction.has_begun:
                # With what the call wrote.
                events.record_event(event)
                event = None
        return Conclusion(result, event=event)
    except BaseException as error:
        return conclusion_of(call, started, error)


def conclusion_of(call: Call, started: float, error: BaseException) -> Conclusion:
    """Return how a call ended that `error` ended. Raises it again where it is none of those that end calls."""
    match error:
        case InputRequired():
            if not call.request.is_modern:
                return Conclusion(error=InputRequired(error.questions))
            result = in_its_revision(call, request_state.input_required(call, error.questions))
            return Conclusion(result, event=event_of(call, Event.Outcome.OK, started, reason="input_required"))
        case Cancelled():
            return cancelled(call, started)
        case tools.ToolFailed():
            if call.channel.expired:
                return Conclusion(error=Cancelled())
            event = event_of(call, started=started, **told_of(error))
            return Conclusion(in_its_revision(call, error.result), event=event)
        case _ if isinstance(error, UNAVAILABLE) or (isinstance(error, Exception) and call.channel.expired):
            return Conclusion(error=error)
        case Exception():
            # Refused, or a defect outside the tool itself, such as a constraint that is checked at the commit.
            return Conclusion(error=error, event=event_of(call, started=started, **told_of(error)))
    raise error


def cancelled(call: Call, started: float) -> Conclusion:
    """Nobody waits for the result any more. What went on beyond its time is recorded by `time_out`."""
    if call.channel.expired:
        return Conclusion(error=Cancelled())
    return Conclusion(error=Cancelled(), event=event_of(call, Event.Outcome.FAILED, started, reason="cancelled"))


def told_of(error: Exception) -> dict[str, str]:
    """What the trail tells of a call that ended so: columns of Event."""
    match error:
        case tools.ToolFailed():
            return {"outcome": Event.Outcome.FAILED, "reason": error.reason}
        case McpError():
            return {"outcome": Event.Outcome.REFUSED, "reason": error.reason, "detail": error.detail}
        case InsufficientScope():
            return {"outcome": Event.Outcome.REFUSED, "reason": "insufficient_scope", "detail": str(error)}
        case _:
            return {"outcome": Event.Outcome.FAILED, "reason": "defect"}


def time_out(call: Call, seconds: float) -> Conclusion:
    """What is answered, and recorded, in place of a call that went on beyond its time."""
    event = event_of(call, Event.Outcome.FAILED, time.monotonic() - seconds, reason="timeout")
    told = f"It took longer than {seconds:g} seconds, and was given up."
    if call.request.method != "tools/call":
        return Conclusion(error=McpError(INTERNAL_ERROR, told), event=event)
    return Conclusion(in_its_revision(call, tools.ToolFailed("timeout", told).result), event=event)


def event_of(call: Call, outcome: str, started: float, **fields: Any) -> Event:
    """The event of `call`, with its arguments where the operator wants those of its tool."""
    keep = policy.keeps_arguments(targets.find(call.request), call.principal)
    return events.describe(Event.Kind.MCP, **audit.fields_of(call, outcome, started, keep_arguments=keep, **fields))


def answer(call: Call) -> dict[str, Any]:
    handler = check_request(call.request)
    return in_its_revision(call, handler(call))


def check_request(request: Request) -> Handler:
    """Return the handler of the request. Raises McpError for an unknown method, and for parameters that do not fit."""
    try:
        validate_client_request(request.method, request.version, request.params or None)
        return HANDLERS[request.method]
    except KeyError as error:
        told = f"Method not found: {request.method[:LONGEST_NAME]}"
        raise McpError(METHOD_NOT_FOUND, told, detail="Method not found") from error
    except ValidationError as error:
        raise invalid_params(error) from error


def in_its_revision(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """`result` as the request's revision has it: what that does not know is left out."""
    meta = {SERVER_INFO_META_KEY: lifecycle.server_info()}
    full = {"resultType": "complete", **result, "_meta": meta} if call.request.is_modern else result
    return serialize_server_result(call.request.method, call.request.version, full)


@contextmanager
def unit_of_work(call: Call) -> Iterator[LazyTransaction | None]:
    """A transaction, for what writes, unless its author has it otherwise; a tool that only reads must not hold one
    (SQLite has a single writer).
    """
    target = targets.find(call.request)
    if not isinstance(target, registry.Tool) or target.read_only:
        yield None
        return
    if not target.atomic:
        with request_state.used_once(call.state):
            yield None
        return
    with LazyTransaction() as transaction:
        if call.state is not None:
            request_state.use_once(call.state)
        yield transaction


def time_limit(call: Call) -> float | None:
    """How long it may take, in seconds; None where that does not matter."""
    if targets.completion(call.request) is not None:
        return float(conf.CALL_TIMEOUT_SECONDS)
    target = targets.find(call.request)
    return target.timeout if target is not None else None


def needs_thread(call: Call) -> bool:
    """Whether an app's own code answers it. That runs in the threads for tools, of which each person has a share, and
    never in those that answer requests for everybody: nobody knows how long it takes, whatever limit it declares.
    """
    return targets.find(call.request) is not None or targets.completion(call.request) is not None


def runs_in_event_loop(call: Call) -> bool:
    """Whether it is the call of an async tool, which needs no thread where there is a loop."""
    target = targets.find(call.request)
    return isinstance(target, registry.Tool) and not target.atomic and inspect.iscoroutinefunction(target.function)
