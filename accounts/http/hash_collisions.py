"""Values chosen so that Python's sets and dictionaries become slow.

Python hashes texts with a secret key, and numbers without one: all multiples of 2**61 - 1 have the hash 0, and a set of
n of them takes n * n steps. So do UUIDs and decimals, which arrive as texts, and tuples of them.

Sets and dictionaries in signatures have a largest size (mcp_api/schemas/bounded_collections.py). This is for many of
them in one message, for those whose author chose a larger size, and for sets that an author makes of a list.
"""

import random
import sys
from collections import Counter
from collections.abc import Collection, Hashable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from ipaddress import ip_network
from typing import Any
from uuid import UUID

MODULUS = sys.hash_info.modulus
# A collection with fewer values that can collide holds nobody up, nor do as many of them as a message can have.
FEW = 8
# Only numbers of so many characters can: there are not enough shorter ones with the same hash.
SHORTEST_NUMBER = 19
# A text that is longer is not made a number of, nor a tuple of a longer list.
LONGEST_NUMBER = 1000
LONGEST_TUPLE = 100
# As many are looked at. Which ones nobody can know, and of values that nobody chose not even two have the same hash.
SAMPLE = 64
MOST_ALIKE = 4

_random = random.SystemRandom()


def would_collide(values: Collection[Any]) -> bool:
    """Whether many of `values`, as JSON has them, have one hash once they are what a tool's types make of them.

    Takes linear time. Equal values count once, as a set holds them once.
    """
    if len(values) <= FEW:
        return False
    able = [value for value in values if _can_collide(value)]
    if len(able) <= FEW:
        return False
    different = {_as_hashed(value) for value in _random.sample(able, min(SAMPLE, len(able)))}
    return max(Counter(map(hash, different)).values()) > MOST_ALIKE


def _can_collide(value: Any) -> bool:
    kind = type(value)
    if kind is int:
        return not -MODULUS < value < MODULUS
    if kind is str:
        return SHORTEST_NUMBER <= len(value) <= LONGEST_NUMBER
    return (kind is list or kind is dict) and 0 < len(value) <= LONGEST_TUPLE


def _as_hashed(value: Any) -> Hashable:
    match value:
        case str():
            return _number(value) if _can_collide(value) else value
        case list() | dict() if not _can_collide(value):
            # Each is its own.
            return id(value)
        case list():
            return tuple(_as_hashed(inner) for inner in value)
        case dict():
            return tuple(_as_hashed(inner) for inner in value.values())
        case _:
            return value


def _number(text: str) -> Hashable:
    """Return the decimal, UUID, fraction or IP network that `text` is, as it is hashed; else the text."""
    with suppress(InvalidOperation):
        number = Decimal(text)
        # A signaling NaN has no hash.
        return number if number.is_finite() else text
    with suppress(ValueError):
        return UUID(text).int
    if "/" in text:
        with suppress(ValueError, ZeroDivisionError):
            return Fraction(text)
        with suppress(ValueError):
            return ip_network(text, strict=False)
    return text
