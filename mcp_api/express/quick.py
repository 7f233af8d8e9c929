"""Tools that read, and run where they came in (`@tool(read_only=True, timeout=None)` without a Context).

The event loop commits their events, those of several at once. All else is recorded by the thread that did the work.
"""

import time
from dataclasses import dataclass
from typing import Any

from accounts import event_loop, events
from accounts.endpoints import UNAVAILABLE
from accounts.models import Event
from mcp_api.calls import audit
from mcp_api.calls.call import Call
from mcp_api.express.threads import in_thread
from mcp_api.methods.tools import ToolFailed
from mcp_api.offers import access, policy, targets
from mcp_api.offers.registry import Tool
from mcp_api.protocol.dispatch import answer, in_its_revision, needs_thread, told_of


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How a call ended: by a result, which may be the tool's own error, or by an error. The event tells of it."""

    event: Event
    result: dict[str, Any] | None = None
    error: Exception | None = None


def is_quick(call: Call) -> bool:
    tool = targets.find(call.request)
    return isinstance(tool, Tool) and tool.read_only and not needs_thread(call) and call.state is None


async def result_of(call: Call) -> dict[str, Any]:
    """What mcp_api.protocol.dispatch returns, and raises, for such a call, recorded as it does."""
    conclusion = await in_thread(lambda: conclude(call))
    await event_loop.write(conclusion.event)
    events.tell(conclusion.event)
    if conclusion.error is not None:
        raise conclusion.error
    return conclusion.result or {}


def conclude(call: Call) -> Conclusion:
    """Raises the database's errors."""
    started = time.monotonic()
    try:
        access.spend_call(call, targets.find(call.request))
        result = answer(call)
        return Conclusion(event_of(call, started, outcome=Event.Outcome.OK), result)
    except ToolFailed as failure:
        result = in_its_revision(call, failure.result)
        return Conclusion(event_of(call, started, **told_of(failure)), result)
    except UNAVAILABLE:
        raise
    except Exception as error:
        return Conclusion(event_of(call, started, **told_of(error)), error=error)


def event_of(call: Call, started: float, **fields: Any) -> Event:
    keep = policy.keeps_arguments(targets.find(call.request), call.principal)
    return events.describe(Event.Kind.MCP, **audit.fields_of(call, started=started, keep_arguments=keep, **fields))
