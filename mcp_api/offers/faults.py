"""What is wrong with what an app declares: found while it loads, told by the system checks (mcp_api/checks.py)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured

found: list[Error] = []


class Misdeclared(ImproperlyConfigured):
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
    except Misdeclared as wrong:
        found.append(Error(str(wrong), hint=wrong.hint, obj=place_of(what), id=wrong.check))
    except ImproperlyConfigured as wrong:
        found.append(Error(str(wrong), obj=place_of(what), id="mcp_api.E009"))


def place_of(what: Callable[..., Any] | str) -> str:
    """Where to look for it: `library.mcp_tools.find_books`."""
    return what if isinstance(what, str) else f"{what.__module__}.{what.__qualname__}"
