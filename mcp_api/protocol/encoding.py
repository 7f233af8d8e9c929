"""Encoding of messages as JSON, and values that cannot be encoded.

What a call sends is checked while it runs: an error after its transaction would be one after its writes are kept.
"""

from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from mcp_api.errors import UnfitResult

LONE_SURROGATE = "has a text with a lone surrogate, which is not valid Unicode"


def encode(message: Any) -> bytes:
    """Return `message` as JSON, with null for NaN and Infinity, which JSON does not have."""
    return to_json(message, inf_nan_mode="null")


def require_encodable(value: Any, name: str) -> None:
    """Raise UnfitResult if `value` has no JSON form; `name` is the subject of the message: "The result"."""
    try:
        encode(value)
    except PydanticSerializationError as error:
        problem = LONE_SURROGATE if "surrogates not allowed" in str(error) else f"has no JSON form: {error}"
        raise UnfitResult(f"{name} {problem}.") from None
