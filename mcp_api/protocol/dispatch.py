"""Method name -> handler, one table; and the one way through: check, run, record."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from mcp_types.jsonrpc import INTERNAL_ERROR, METHOD_NOT_FOUND
from mcp_types.methods import serialize_server_result, validate_client_request
from pydantic import ValidationError

from accounts.endpoints import UNAVAILABLE
from accounts.models import Event
from mcp_api.asking.questions import InputRequired
from mcp_api.calls import audit, request_state
from mcp_api.calls.call import Call
from mcp_api.calls.tracing import traced
from mcp_api.errors import Cancelled, InsufficientScope, McpError
from mcp_api.methods import completion, lifecycle, logging, prompts, resources, subscriptions, tools
from mcp_api.offers import access, policy, registry, targets
from mcp_api.problems import LONGEST_NAME, invalid_params

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


@traced
def dispatch(call: Call) -> dict[str, Any]:
    """The result of `call` in the shape of its revision. Raises McpError, InsufficientScope or Cancelled, recorded
    already; InputRequired where a legacy call has to ask its client first, which is not recorded: it goes on.
    """
    started = time.monotonic()
    try:
        # In no transaction: it counts, however the call ends.
        access.spend_call(call, targets.find(call.request))
        with unit_of_work(call):
            result = answer(call)
            # What was given up must not be committed.
            call.conversation.settle()
            record(call, Event.Outcome.OK, started)
    except InputRequired as asked:
        if not call.request.is_modern:
            raise
        record(call, Event.Outcome.OK, started, reason="input_required")
        result = in_its_revision(call, request_state.input_required(call, asked.questions))
    except Cancelled:
        if not call.conversation.expired:
            record(call, Event.Outcome.FAILED, started, reason="cancelled")
        raise
    except tools.ToolFailed as failure:
        if call.conversation.expired:
            raise Cancelled from failure
        record(call, started=started, **told_of(failure))
        result = in_its_revision(call, failure.result)
    except (McpError, InsufficientScope) as error:
        record(call, started=started, **told_of(error))
        raise
    except UNAVAILABLE:
        raise
    except Exception as error:
        if call.conversation.expired:
            raise
        # A defect outside the tool itself, such as a constraint that is checked when its transaction commits.
        record(call, started=started, **told_of(error))
        raise
    return result


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


def time_out(call: Call, seconds: float) -> dict[str, Any]:
    """What is answered, and recorded, in place of a call that went on beyond its time. Raises McpError where it was
    no tool's.
    """
    record(call, Event.Outcome.FAILED, time.monotonic() - seconds, reason="timeout")
    told = f"It took longer than {seconds:g} seconds, and was given up."
    if call.request.method != "tools/call":
        raise McpError(INTERNAL_ERROR, told)
    return in_its_revision(call, tools.ToolFailed("timeout", told).result)


def record(call: Call, outcome: str, started: float, **fields: Any) -> None:
    """The event of `call`, with its arguments where the operator wants those of its tool."""
    keep = policy.keeps_arguments(targets.find(call.request), call.principal)
    audit.record(call, outcome, started, keep_arguments=keep, **fields)


def answer(call: Call) -> dict[str, Any]:
    request = call.request
    try:
        validate_client_request(request.method, request.version, request.params or None)
        handler = HANDLERS[request.method]
    except KeyError as error:
        told = f"Method not found: {request.method[:LONGEST_NAME]}"
        raise McpError(METHOD_NOT_FOUND, told, detail="Method not found") from error
    except ValidationError as error:
        raise invalid_params(error) from error
    return in_its_revision(call, handler(call))


def in_its_revision(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """`result` as the request's revision has it: what that does not know is left out."""
    meta = {SERVER_INFO_META_KEY: lifecycle.server_info()}
    full = {"resultType": "complete", **result, "_meta": meta} if call.request.is_modern else result
    return serialize_server_result(call.request.method, call.request.version, full)


@contextmanager
def unit_of_work(call: Call) -> Iterator[None]:
    """A transaction, for whatever writes; a tool that only reads must not hold one (SQLite has a single writer)."""
    target = targets.find(call.request)
    if not isinstance(target, registry.Tool) or target.read_only:
        yield
        return
    with transaction.atomic():
        if call.state is not None:
            request_state.spend(call.state)
        yield


def time_limit(call: Call) -> float | None:
    """How long it may take, in seconds; None where that does not matter."""
    target = targets.find(call.request)
    return target.timeout if target is not None else None


def needs_thread(call: Call) -> bool:
    """Whether what is called may say something before it ends (it takes a Context), or has its time."""
    target = targets.find(call.request)
    return target is not None and (target.arguments.context_parameter is not None or target.timeout is not None)
