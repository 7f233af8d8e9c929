"""Strength of a SECRET_KEY."""

import re
from itertools import pairwise

from django.core.checks.security.base import (
    SECRET_KEY_INSECURE_PREFIX,
    SECRET_KEY_MIN_LENGTH,
    SECRET_KEY_MIN_UNIQUE_CHARACTERS,
)

HOW_TO_MAKE_A_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
# Words of examples and templates, which a random key does not contain.
EXAMPLES = re.compile(
    r"change[ _-]?me|place[ _-]?holder|your[ _-]?secret|secret[ _-]?key|insecure|example|password", re.IGNORECASE
)

# The rows of a keyboard, without and with Shift.
ROWS = ("1234567890-=", "!@#$%^&*()_+", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
NEIGHBOURS = frozenset(frozenset(pair) for row in ROWS for pair in pairwise(row))
# In a random key, even of hexadecimal digits, far fewer adjacent characters are equal or neighbours.
MOST_IN_ORDER = 0.5
# Parts of this length hardly ever occur twice in a random key.
PART = 4


def weakness_of(key: str) -> str:
    """Return why `key` can be guessed, as a predicate for a sentence; "" where it is strong enough.

    The first three are those of Django's check security.W009, which is only a warning. A phrase of words, or a known
    hash, cannot be distinguished from a random key.
    """
    if len(key) < SECRET_KEY_MIN_LENGTH:
        return f"has fewer than {SECRET_KEY_MIN_LENGTH} characters"
    if len(set(key)) < SECRET_KEY_MIN_UNIQUE_CHARACTERS:
        return f"has fewer than {SECRET_KEY_MIN_UNIQUE_CHARACTERS} different characters"
    if key.startswith(SECRET_KEY_INSECURE_PREFIX):
        return f"begins with {SECRET_KEY_INSECURE_PREFIX!r}"
    if EXAMPLES.search(key):
        return "is a value from an example"
    if repeats(key) or repeats_parts(key):
        return "repeats itself"
    if most_frequent(key) > len(key) / 3:
        return "consists mostly of one character"
    if is_sequence(key) or is_sequence(key[::2] + key[1::2]):
        return "is mostly characters in the order of the alphabet or of a keyboard"
    return ""


def repeats(key: str) -> bool:
    """Return whether `key` is a repetition of one part, at most half as long (the last repetition may be cut off)."""
    return any(key.startswith(key[length:]) for length in range(1, len(key) // 2 + 1))


def most_frequent(key: str) -> int:
    """Return how often the most frequent character is in `key`."""
    return max(map(key.count, set(key)))


def is_sequence(key: str) -> bool:
    """Return whether most characters of `key` are the same as the one before, or its neighbour."""
    in_order = sum(is_step(first, second) for first, second in pairwise(key.lower()))
    return in_order > (len(key) - 1) * MOST_IN_ORDER


def is_step(first: str, second: str) -> bool:
    return abs(ord(first) - ord(second)) <= 1 or frozenset((first, second)) in NEIGHBOURS


def repeats_parts(key: str) -> bool:
    """Return whether more than a third of the parts of `key` occur in it before."""
    parts = [key[start : start + PART] for start in range(len(key) - PART + 1)]
    return len(set(parts)) < len(parts) * 2 / 3
