"""Running a call: rate limit, transaction, handler, and event."""

import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts.audit import events
from accounts.models import Event
from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.db.lazy_transaction import LazyTransaction
from mcp_api.execution import request_state
from mcp_api.execution.conclusion import Conclusion, conclusion_of, event_of
from mcp_api.execution.tracing import traced
from mcp_api.extensions import registry as extensions
from mcp_api.methods.table import run_handler
from mcp_api.policy import access
from mcp_api.registry import targets
from mcp_api.registry.tools import Tool


def dispatch(call: Call) -> dict[str, Any]:
    """Run `call`, write its event, and return its result in the shape of its revision.

    Raises McpError, InsufficientScope or Cancelled, whose event is written; and InputRequired for a legacy call that
    has to ask its client first, for which no event is written.
    """
    conclusion = conclude(call)
    conclusion.write_event()
    return conclusion.value()


@traced
def conclude(call: Call) -> Conclusion:
    """Run `call` and return its conclusion, which has what `dispatch` would raise."""
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
        # Before the transaction, so that the count stays if the call fails.
        access.count_call(call, targets.find(call.request))
        with unit_of_work(call) as transaction:
            result = run_handler(call)
            # The writes of a call that was given up must not be committed.
            call.channel.settle()
            if call.channel.keep_result is not None:
                call.channel.keep_result(result)
            recorded = extensions.is_recorded(call.request)
            event: Event | None = event_of(call, Event.Outcome.OK, started) if recorded else None
            if event is not None and transaction is not None and transaction.has_begun:
                # With what the call wrote.
                events.record_event(event)
                event = None
        return Conclusion(result, event=event)
    except BaseException as error:
        return conclusion_of(call, started, error)


@contextmanager
def unit_of_work(call: Call) -> Iterator[LazyTransaction | None]:
    """Run the block in a transaction if it calls a tool that may write, unless that is declared with atomic=False.

    A tool that only reads must hold no transaction: SQLite has a single writer.
    """
    target = targets.find(call.request)
    if not isinstance(target, Tool) or target.read_only:
        yield None
        return
    if not target.atomic:
        with request_state.used_once(call.state):
            yield None
    elif target.task is not None:
        # Before the transaction: with the lock of SQLite, no task could be created.
        with request_state.used_once(call.state), LazyTransaction() as transaction:
            yield transaction
    else:
        with LazyTransaction() as transaction:
            if call.state is not None:
                request_state.use_once(call.state)
            yield transaction


def time_limit(call: Call) -> float | None:
    """Return the time limit of `call` in seconds, or None if it has none."""
    if targets.completion(call.request) is not None:
        return float(conf.CALL_TIMEOUT_SECONDS)
    target = targets.find(call.request)
    return target.timeout if target is not None else None


def needs_thread(call: Call) -> bool:
    """Return whether `call` runs an app's own code, here and now.

    Such code may take long, whatever limit it declares. It runs in the threads for tools, of which each person has a
    share, and never in those that answer requests.
    """
    if extensions.handler_in_place(call) is not None:
        return False
    return targets.find(call.request) is not None or targets.completion(call.request) is not None


def runs_in_event_loop(call: Call) -> bool:
    """Return whether `call` calls an async tool, which needs no thread under an event loop."""
    target = targets.find(call.request)
    return isinstance(target, Tool) and not target.atomic and inspect.iscoroutinefunction(target.function)
