"""JSON Schema (2020-12), for what clients send: jsonschema's validator, with a `uniqueItems` of linear time.

jsonschema compares each item with each other: 4,000 objects take 14 seconds.
"""

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from mcp_api.schemas.validation_messages import MOST_PROBLEMS_TOLD


def validator_of(schema: dict[str, Any]) -> Any:
    """A validator of `schema`. Nothing is ever fetched: its registry is empty."""
    return _Validator(schema, registry=Registry())


def violations(schema: dict[str, Any], value: Any) -> list[ValidationError]:
    """The first problems that `value` has with `schema`. Raises RecursionError for one that is nested too deeply."""
    return list(islice(validator_of(schema).iter_errors(value), MOST_PROBLEMS_TOLD))


def _unique_items(validator: Any, wanted: bool, items: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and validator.is_type(items, "array") and len({_key(item) for item in items}) < len(items):
        yield ValidationError("has items that are equal")


def _key(value: Any) -> Hashable:
    """Return a key that is the same for values that JSON Schema says are equal: 1 is 1.0, and true is not 1.

    Numbers are texts in it: Python hashes those with a secret key, so that nobody can choose numbers by their hash.
    """
    match value:
        case dict():
            return "object", frozenset((name, _key(inner)) for name, inner in value.items())
        case list():
            return "array", tuple(_key(inner) for inner in value)
        case bool():
            return "boolean", value
        case int():
            return "number", hex(value)
        case float():
            return "number", hex(int(value)) if value.is_integer() else value.hex()
        case _:
            return value


_Validator = extend(Draft202012Validator, {"uniqueItems": _unique_items})
