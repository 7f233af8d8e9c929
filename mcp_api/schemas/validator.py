"""Validation of client input by JSON Schema (2020-12): jsonschema's validator, with `uniqueItems` in linear time.

jsonschema compares all pairs of items: 4,000 objects take 14 seconds.
"""

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from mcp_api.schemas.validation_messages import MOST_PROBLEMS


def validator_of(schema: dict[str, Any]) -> Any:
    """Return a validator of `schema`. Its registry is empty, so that no reference is fetched."""
    return _Validator(schema, registry=Registry())


def violations(schema: dict[str, Any], value: Any, most: int = MOST_PROBLEMS) -> list[ValidationError]:
    """Return the first `most` errors of `value` against `schema`. Raises RecursionError for deep nesting."""
    return list(islice(validator_of(schema).iter_errors(value), most))


def unresolved(schema: Any, root: dict[str, Any]) -> Iterator[str]:
    """The references in `schema` that do not lead to a part of `root`, or that lead to `root` itself, without end."""
    match schema:
        case dict():
            reference = schema.get("$ref")
            if isinstance(reference, str) and not _leads_to_part(reference, root):
                yield reference
            for inner in schema.values():
                yield from unresolved(inner, root)
        case list():
            for inner in schema:
                yield from unresolved(inner, root)


def _leads_to_part(reference: str, root: Any) -> bool:
    start, *parts = reference.split("/")
    for part in parts:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        if not isinstance(root, dict) or name not in root:
            return False
        root = root[name]
    return start == "#" and bool(parts)


def _unique_items(validator: Any, wanted: bool, items: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and validator.is_type(items, "array") and len({_key(item) for item in items}) < len(items):
        yield ValidationError("has items that are equal")


def _key(value: Any) -> Hashable:
    """Return a key that is the same for values that are equal in JSON Schema: 1 equals 1.0, and true does not equal 1.

    It holds numbers as strings, which Python hashes with a secret key, so that a client cannot choose their hashes.
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
