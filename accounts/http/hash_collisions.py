"""Detection of values that an attacker chose to make Python's sets and dictionaries slow.

Python hashes strings with a secret key, and numbers without one: all multiples of 2**61 - 1 have the hash 0, so a set
of n of them takes n * n steps. The same is true of UUIDs and decimals, which arrive as strings, and of tuples of them.

Sets and dictionaries in signatures have a largest size (mcp_api/schemas/bounded_collections.py). This module covers
many of them in one message, larger sizes that an author chose, and sets that an author builds from a list.
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
# Smaller collections take no noticeable time, even as many as a message can have.
FEW = 8
# Too few shorter numbers have the same hash.
SHORTEST_NUMBER = 19
# Longer strings are not converted to numbers, nor longer lists to tuples.
LONGEST_NUMBER = 1000
LONGEST_TUPLE = 100
# A random sample is checked, which an attacker cannot predict. Of ordinary values, hardly two have the same hash.
SAMPLE = 64
MOST_ALIKE = 4

_random = random.SystemRandom()


def would_collide(values: Collection[Any]) -> bool:
    """Return whether many of `values`, from JSON, have the same hash after conversion to a tool's types.

    Takes linear time. Equal values count once, as in a set.
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
            # Every one is different.
            return id(value)
        case list():
            return tuple(_as_hashed(inner) for inner in value)
        case dict():
            return tuple(_as_hashed(inner) for inner in value.values())
        case _:
            return value


def _number(text: str) -> Hashable:
    """Return `text` as the decimal, UUID, fraction or IP network that it may be converted to; otherwise unchanged."""
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
