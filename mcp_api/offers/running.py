"""Calling what an app declared: with its Context where it asks for one, an async function to its end."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync

from mcp_api.asking.questions import InputRequired
from mcp_api.calls.call import Call
from mcp_api.calls.context import Context
from mcp_api.calls.conversation import Conversation
from mcp_api.errors import Cancelled
from mcp_api.offers.schema import Takes


def run(function: Callable[..., Any], takes: Takes, arguments: dict[str, Any], call: Call) -> Any:
    """The value of `function` for checked `arguments`.

    Raises Cancelled where nobody waits for it any more, InputRequired where the client has to be asked first. Whatever
    else it raises is an Exception: sys.exit() in a tool must not end the server.
    """
    try:
        return _value(function, takes, arguments, call)
    except (Exception, Cancelled, InputRequired):
        raise
    except BaseException as error:
        raise RuntimeError(f"{function.__name__} raised {error!r}") from error


def _value(function: Callable[..., Any], takes: Takes, arguments: dict[str, Any], call: Call) -> Any:
    if takes.context_parameter is not None:
        context = Context(call.principal, call.conversation, call.subject, call.address)
        arguments = {**arguments, takes.context_parameter: context}
    if not inspect.iscoroutinefunction(function):
        return function(**arguments)
    return async_to_sync(_cancellable)(function(**arguments), call.conversation)


async def _cancellable(work: Any, conversation: Conversation) -> Any:
    """The value of the coroutine `work`, which is stopped once the call is cancelled."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    conversation.cancels(lambda: loop.call_soon_threadsafe(task.cancel))
    try:
        return await task
    except asyncio.CancelledError:
        if conversation.cancelled:
            raise Cancelled from None
        raise
    finally:
        conversation.cancels(None)
