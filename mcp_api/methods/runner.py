"""Calling what an app declared: with its Context where it asks for one, an async function to its end."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asgiref.sync import async_to_sync

from mcp_api.calls.call import Call
from mcp_api.calls.channel import ClientChannel
from mcp_api.calls.context import Context
from mcp_api.db.writes import before_writes
from mcp_api.errors import Cancelled
from mcp_api.input_requests.questions import InputRequired
from mcp_api.schemas.signature import InputSchema

logger = logging.getLogger(__name__)

CAUGHT = (
    "%s caught the exception by which a question ends the attempt. The question was sent all the same, and what the "
    "attempt wrote is taken back. Catch Exception round a question, not BaseException, and use no bare `except:`."
)


def run(function: Callable[..., Any], takes: InputSchema, arguments: dict[str, Any], call: Call) -> Any:
    """The value of `function` for checked `arguments`.

    Raises Cancelled where nobody waits for it any more, InputRequired where the client has to be asked first. Whatever
    else it raises is an Exception: sys.exit() in a tool must not end the server.
    """
    with _attempt(function, call.channel):
        return _value(function, takes, arguments, call)


async def run_here(function: Callable[..., Any], takes: InputSchema, arguments: dict[str, Any], call: Call) -> Any:
    """The value of an async `function`, in the running event loop. Raises what `run` does."""
    work = _attempted(function, with_context(takes, arguments, call), call.channel)
    return await _cancellable(work, call.channel)


async def _attempted(function: Callable[..., Any], arguments: dict[str, Any], channel: ClientChannel) -> Any:
    with _attempt(function, channel):
        return await function(**arguments)


@contextmanager
def _attempt(function: Callable[..., Any], channel: ClientChannel) -> Iterator[None]:
    """Let a question end the attempt, also where the function caught it, and nothing else end the server."""
    channel.begin_attempt()
    try:
        yield
        channel.stop_if_asked()
    except Cancelled:
        raise
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and channel.cancelled:
            raise
        if channel.unanswered and (channel.was_caught or not isinstance(error, InputRequired)):
            logger.warning(CAUGHT, function.__name__)
            raise InputRequired(channel.unanswered) from error
        if isinstance(error, Exception | InputRequired):
            raise
        raise RuntimeError(f"{function.__name__} raised {error!r}") from error


def _value(function: Callable[..., Any], takes: InputSchema, arguments: dict[str, Any], call: Call) -> Any:
    arguments = with_context(takes, arguments, call)
    if takes.context_parameter is None:
        return _called(function, arguments, call)
    # Not all that asks runs in a transaction that would be rolled back: prompts and resources do not.
    with before_writes(lambda sql: call.channel.stop_if_asked()):
        return _called(function, arguments, call)


def _called(function: Callable[..., Any], arguments: dict[str, Any], call: Call) -> Any:
    if not inspect.iscoroutinefunction(function):
        return function(**arguments)
    return async_to_sync(_cancellable)(function(**arguments), call.channel)


def with_context(takes: InputSchema, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    """Return `arguments` with the Context, where the function takes one."""
    if takes.context_parameter is None:
        return arguments
    context = Context(call.principal, call.channel, call.subject, call.address)
    return {**arguments, takes.context_parameter: context}


async def _cancellable(work: Any, channel: ClientChannel) -> Any:
    """The value of the coroutine `work`, which is stopped once the call is cancelled."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    channel.cancels(lambda: loop.call_soon_threadsafe(task.cancel))
    try:
        return await task
    except asyncio.CancelledError:
        if channel.cancelled:
            raise Cancelled from None
        raise
    finally:
        channel.cancels(None)
