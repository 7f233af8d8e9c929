"""Whether a SECRET_KEY is strong enough to sign with."""

import re

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


def weakness_of(key: str) -> str:
    """Return why `key` can be guessed, as a predicate for a sentence; "" where it is strong enough.

    The first three are those of Django's check security.W009, which is only a warning.
    """
    if len(key) < SECRET_KEY_MIN_LENGTH:
        return f"has fewer than {SECRET_KEY_MIN_LENGTH} characters"
    if len(set(key)) < SECRET_KEY_MIN_UNIQUE_CHARACTERS:
        return f"has fewer than {SECRET_KEY_MIN_UNIQUE_CHARACTERS} different characters"
    if key.startswith(SECRET_KEY_INSECURE_PREFIX):
        return f"begins with {SECRET_KEY_INSECURE_PREFIX!r}"
    if EXAMPLES.search(key):
        return "is a value from an example"
    return "repeats itself" if repeats(key) else ""


def repeats(key: str) -> bool:
    """Return whether a part of at most half of `key`, again and again, makes all of it (the last may be cut off)."""
    return any(key.startswith(key[length:]) for length in range(1, len(key) // 2 + 1))
