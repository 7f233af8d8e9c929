"""Callbacks that do not keep their object alive, so that it is freed as soon as it has ended."""

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod


def weak_callback(method: Callable[..., Any]) -> Callable[..., None]:
    """Return a callback for the bound `method`, which does nothing once the method's object is gone."""
    reference = WeakMethod(method)

    def call(*arguments: Any) -> None:
        bound = reference()
        if bound is not None:
            bound(*arguments)

    return call
