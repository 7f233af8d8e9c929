"""Running the function of a tool, resource, prompt or completion for a call."""

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
from mcp_api.errors import AuthorError, Cancelled, ToolError
from mcp_api.input_requests.questions import InputRequired
from mcp_api.methods.app_errors import as_tool_error
from mcp_api.schemas.input_schema import InputSchema, InvalidArguments

logger = logging.getLogger(__name__)

COROUTINE = (
    "{} returned a coroutine: a decorator around the async function is a plain function. Make its wrapper `async def`, "
    "and await the function in it."
)
CAUGHT = (
    "%s caught the exception by which a question ends the attempt. The question was sent all the same, and the writes "
    "of the attempt are rolled back. Catch Exception around a question, not BaseException, and use no bare `except:`."
)


def checked(input_schema: InputSchema, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that were `sent` as keyword arguments for the function.

    Raises InvalidArguments, also for an error for people that a validator of the app raises.
    """
    try:
        return input_schema.check(sent)
    except Exception as error:
        told = error if isinstance(error, ToolError) else as_tool_error(error)
        if told is None:
            raise
        raise InvalidArguments(str(told), "arguments: refused by a validator of the app") from error


def run(function: Callable[..., Any], input_schema: InputSchema, arguments: dict[str, Any], call: Call) -> Any:
    """Return the value of `function` for checked `arguments`.

    Raises Cancelled if the call is cancelled, and InputRequired if the client has to be asked first. All else that it
    raises is an Exception: sys.exit() in a tool must not end the server.
    """
    with _attempt(function, call.channel):
        return _value(function, input_schema, arguments, call)


async def run_here(
    function: Callable[..., Any], input_schema: InputSchema, arguments: dict[str, Any], call: Call
) -> Any:
    """Return the value of an async `function`, in the running event loop. Raises what `run` raises."""
    work = _attempted(function, with_context(input_schema, arguments, call), call.channel)
    return await _cancellable(work, call.channel)


async def _attempted(function: Callable[..., Any], arguments: dict[str, Any], channel: ClientChannel) -> Any:
    with _attempt(function, channel):
        return await function(**arguments)


@contextmanager
def _attempt(function: Callable[..., Any], channel: ClientChannel) -> Iterator[None]:
    """Raise InputRequired after a question even if the function caught it, and RuntimeError instead of SystemExit.

    Errors of Django and REST framework for people become ToolErrors.
    """
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
        if (told := as_tool_error(error)) is not None:
            raise told from error
        if isinstance(error, Exception | InputRequired):
            raise
        raise RuntimeError(f"{function.__name__} raised {error!r}") from error


def _value(function: Callable[..., Any], input_schema: InputSchema, arguments: dict[str, Any], call: Call) -> Any:
    arguments = with_context(input_schema, arguments, call)
    if input_schema.context_parameter is None:
        return _called(function, arguments, call)
    # After a question, a write is refused: prompts and resources run in no transaction that would roll it back.
    with before_writes(lambda sql: call.channel.stop_if_asked()):
        return _called(function, arguments, call)


def _called(function: Callable[..., Any], arguments: dict[str, Any], call: Call) -> Any:
    if not inspect.iscoroutinefunction(function):
        value = function(**arguments)
        if inspect.iscoroutine(value):
            value.close()
            raise AuthorError(COROUTINE.format(function.__name__))
        return value
    return async_to_sync(_cancellable)(function(**arguments), call.channel)


def with_context(input_schema: InputSchema, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
    """Return `arguments`, with the Context if the function takes one."""
    if input_schema.context_parameter is None:
        return arguments
    context = Context(call.principal, call.channel, call.subject, call.address, call.meta)
    return {**arguments, input_schema.context_parameter: context}


async def _cancellable(work: Any, channel: ClientChannel) -> Any:
    """Return the value of the coroutine `work`, which is cancelled with the call."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    channel.on_cancel(lambda: loop.call_soon_threadsafe(task.cancel))
    try:
        return await task
    except asyncio.CancelledError:
        if channel.cancelled:
            raise Cancelled from None
        raise
    finally:
        channel.on_cancel(None)
