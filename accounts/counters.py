"""Counts of what is under way, by whose it is."""

from collections import Counter
from typing import TypeVar

Key = TypeVar("Key")


def decrement(counts: Counter[Key], key: Key, number: int = 1) -> None:
    """Take `number` off one count. A key of which none is left goes: else anybody could bring ever new ones."""
    counts[key] -= number
    if not counts[key]:
        del counts[key]
