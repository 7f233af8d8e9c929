"""The parser of JSON that strangers send: in requests, and at addresses that clients name."""

from math import isfinite
from typing import Any

from pydantic_core import from_json


def read_json(body: bytes) -> Any:
    """Return what `body` holds. Raises ValueError for what is not JSON, and for a number that is too large.

    RFC 8259 section 6: "Numeric values that cannot be represented in the grammar (such as Infinity and NaN) are not
    permitted." A number that is too large for a float, such as 1e999, would become infinite. Takes linear time.
    """
    content = from_json(body, allow_inf_nan=False)
    if _holds_infinite_number(content):
        raise ValueError("a number is larger than 1.7e308")
    return content


def _holds_infinite_number(content: Any) -> bool:
    """Whether `content` holds one anywhere. A look at each value costs less than a search of `body` for exponents."""
    waiting = [content]
    # The list grows while it is read.
    for value in waiting:
        kind = type(value)
        if kind is float and not isfinite(value):
            return True
        if kind is dict:
            waiting += value.values()
        elif kind is list:
            waiting += value
    return False
