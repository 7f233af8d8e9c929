"""Errors of declarations: found while an app loads, reported by the system checks (mcp_api/checks.py)."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured

found: list[Error] = []
# What is offered, but with less than an author may expect.
noted: list[Warning] = []


class DeclarationError(ImproperlyConfigured):
    """A declaration that cannot be offered: what is wrong, and how to mend it."""

    def __init__(self, check: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.check, self.hint = check, hint


@contextmanager
def collected(what: Any) -> Iterator[None]:
    """Keep what is wrong with the declaration of `what`, a function or a name, for the system checks.

    That is kinder than an exception while Django starts: all of it is told at once, with hints. What is wrong is
    not offered, and the server does not start with it (mcp_api/checks.py).
    """
    try:
        yield
    except DeclarationError as wrong:
        found.append(Error(str(wrong), hint=wrong.hint, obj=place_of(what), id=wrong.check))
    except ImproperlyConfigured as wrong:
        found.append(Error(str(wrong), obj=place_of(what), id="mcp_api.E009"))


def place_of(what: Callable[..., Any] | str) -> str:
    """Where to look for it: `library.mcp_tools.find_books`."""
    if isinstance(what, str):
        return what
    named = what if hasattr(what, "__qualname__") else type(what)
    return f"{named.__module__}.{named.__qualname__}"


class Declared(Protocol):
    """What an app offers: a tool, a prompt or a resource."""

    @property
    def function(self) -> Callable[..., Any]: ...


def require_free(table: Mapping[str, Declared], key: str, message: str, hint: str) -> None:
    """Raise DeclarationError where `table` has something under `key` already. The error says where that is declared."""
    if key in table:
        first = line_of(table[key].function)
        raise DeclarationError("mcp_api.E001", f"{message}. The other is declared at {first}.", hint)


def line_of(function: Callable[..., Any]) -> str:
    """Module and line of a declaration, `library.mcp_tools:12`, or of the call of `expose` or `search` that made it."""
    declared: str | None = getattr(function, "declared_at", None)
    if declared is not None:
        return declared
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    return place_of(function) if code is None else f"{function.__module__}:{code.co_firstlineno}"


def line_of_caller() -> str:
    """Module and line of the call of the function that calls this."""
    frame = sys._getframe(2)
    return f"{frame.f_globals['__name__']}:{frame.f_lineno}"


def shown(what: Any) -> str:
    """What an author passed, in a message: the name of a class, or the beginning of anything else."""
    return what.__name__ if isinstance(what, type) else f"{what!r:.80}"
