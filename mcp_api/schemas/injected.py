"""Base class of the types of parameters that the server passes, not the client."""

import typing
from typing import Any


class Injected:
    """Base class of such types. A parameter of a direct subclass, or of that or None, is in no schema."""

    __slots__ = ()


def is_injected(hint: Any) -> bool:
    """Return whether the server passes a parameter with this type hint: `Context`, or `Context | None`."""
    return any(Injected in getattr(each, "__bases__", ()) for each in (hint, *typing.get_args(hint)))
