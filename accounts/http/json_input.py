"""Parsing of untrusted JSON: in requests, and in documents that are fetched for clients."""

import json
from math import isfinite
from typing import Any

from pydantic_core import from_json

from accounts.http.hash_collisions import would_collide

COLLIDING = "a list or an object holds numbers that were chosen to have the same hash"


def read_json(body: bytes) -> Any:
    """Return the value of the JSON text `body`. Takes linear time.

    Raises ValueError for invalid JSON, for a number that is too large, and for numbers with colliding hashes
    (accounts/http/hash_collisions.py).

    RFC 8259 section 6: "Numeric values that cannot be represented in the grammar (such as Infinity and NaN) are not
    permitted." A number that is too large for a float, such as 1e999, would become infinite.
    """
    content = from_json(body, allow_inf_nan=False)
    if problem := _problem(content):
        raise ValueError(problem)
    return content


def _problem(content: Any) -> str:
    """Return the problem of a value anywhere in `content`, or ""."""
    values = [content]
    # The list grows during the loop.
    for value in values:
        kind = type(value)
        if kind is float and not isfinite(value):
            return "a number is larger than 1.7e308"
        if kind is dict:
            if would_collide(value):
                return COLLIDING
            values += value.values()
        elif kind is list:
            if would_collide(value):
                return COLLIDING
            values += value
    return ""


class Decoder(json.JSONDecoder):
    """JSON decoder that raises JSONDecodeError, which form fields expect, for long numbers and deep nesting too."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error
