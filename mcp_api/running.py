"""Calling what an app declared: with its Context where it asks for one, an async function to its end."""

import inspect
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync

from mcp_api.context import Context
from mcp_api.schema import Arguments


def run(function: Callable[..., Any], takes: Arguments, arguments: dict[str, Any], context: Context) -> Any:
    """The value of `function` for checked `arguments`."""
    if takes.context_parameter is not None:
        arguments = {**arguments, takes.context_parameter: context}
    callee = async_to_sync(function) if inspect.iscoroutinefunction(function) else function
    return callee(**arguments)
