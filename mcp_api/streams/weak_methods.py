"""Callbacks that do not keep their object: what ends is freed at once, and does not wait for the garbage collector."""

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod


def weakly(method: Callable[..., Any]) -> Callable[..., None]:
    """Return a callback for the bound `method`, which does nothing once its object is gone."""
    reference = WeakMethod(method)

    def call(*arguments: Any) -> None:
        bound = reference()
        if bound is not None:
            bound(*arguments)

    return call
