"""Errors in declarations of apps: collected while an app loads, reported by the system checks (mcp_api/checks/)."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured

errors: list[Error] = []
# About declarations that are registered, but may not do all that their author expects.
warnings: list[Warning] = []


class DeclarationError(ImproperlyConfigured):
    """A declaration that cannot be registered: a message, and a hint for its author."""

    def __init__(self, check: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.check, self.hint = check, hint


@contextmanager
def errors_collected(what: Any) -> Iterator[None]:
    """Collect an error in the declaration of `what`, a function or a name, for the system checks.

    So all errors are reported at once, with hints. What has an error is not registered, and the server does not start
    (mcp_api/checks/).
    """
    try:
        yield
    except DeclarationError as error:
        errors.append(Error(str(error), hint=error.hint, obj=dotted_name(what), id=error.check))
    except ImproperlyConfigured as error:
        errors.append(Error(str(error), obj=dotted_name(what), id="mcp_api.E009"))


def dotted_name(what: Callable[..., Any] | str) -> str:
    """Return module and name: `library.mcp_tools.find_books`."""
    if isinstance(what, str):
        return what
    named = what if hasattr(what, "__qualname__") else type(what)
    return f"{named.__module__}.{named.__qualname__}"


class Declared(Protocol):
    """A tool, a prompt or a resource that an app declares."""

    @property
    def function(self) -> Callable[..., Any]: ...


def require_unique(table: Mapping[str, Declared], key: str, message: str, hint: str) -> None:
    """Raise DeclarationError if `key` is in `table` already. The error names the line of the first declaration."""
    if key in table:
        first = line_of(table[key].function)
        raise DeclarationError("mcp_api.E001", f"{message}. The other is declared at {first}.", hint)


def line_of(function: Callable[..., Any]) -> str:
    """Return module and line of a declaration, `library.mcp_tools:12`, or of its call of `expose` or `search`."""
    declared: str | None = getattr(function, "declared_at", None)
    if declared is not None:
        return declared
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    return dotted_name(function) if code is None else f"{function.__module__}:{code.co_firstlineno}"


def line_of_caller() -> str:
    """Return module and line from which the calling function was called."""
    frame = sys._getframe(2)
    return f"{frame.f_globals['__name__']}:{frame.f_lineno}"


def short_repr(what: Any) -> str:
    """Return `what` for a message: the name of a class, or the first 80 characters of any other repr."""
    return what.__name__ if isinstance(what, type) else f"{what!r:.80}"
