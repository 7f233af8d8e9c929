"""Counters of work in progress, by its owner."""

from collections import Counter
from typing import TypeVar

Key = TypeVar("Key")


def decrement(counts: Counter[Key], key: Key, number: int = 1) -> None:
    """Subtract `number` from one count. A key whose count is 0 is removed, since clients can choose ever new keys."""
    counts[key] -= number
    if not counts[key]:
        del counts[key]
