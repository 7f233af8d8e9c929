"""Bounds of the sets and dictionaries in a signature whose elements or keys a client can choose the hashes of.

Python hashes texts and bytes with a secret key, and all else without one: 40,000 numbers can be chosen so that each
takes the same way through a dictionary as all before it. What is beyond the bound is refused while it is read.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import SchemaValidator

from mcp_api.protocol.input_limits import MOST_HASHED

# pydantic's schemas are dictionaries (pydantic_core.core_schema). These members hold further ones.
INNER = (
    *("schema", "items_schema", "keys_schema", "values_schema", "choices", "fields", "steps", "definitions"),
    *("lax_schema", "strict_schema", "json_schema", "python_schema", "arguments_schema"),
    *("extras_schema", "extras_keys_schema", "var_args_schema", "var_kwargs_schema"),
)
# Those of INNER that may hold schemas by name.
BY_NAME = ("fields", "choices")
# The types whose hashes nobody can choose, and those that have few values.
KEYED = ("str", "bytes")
FEW_VALUES = ("literal", "enum", "bool", "none")
# What checks a value of another schema, and leaves it of that type.
TRANSPARENT = ("nullable", "default", "function-before", "custom-error")

Schema = Mapping[str, Any]


def bounded(model: type[BaseModel]) -> tuple[Schema, SchemaValidator]:
    """The schema and the validator of `model`, in which each such set and dictionary, at any depth, has a largest size.

    That is MOST_HASHED, unless `max_length` says otherwise. The classes in `model` stay as they are.
    """
    schema = model.__pydantic_core_schema__
    definitions = {each.get("ref"): each for each in schema.get("definitions", ())}
    found = _bounded(schema, definitions)
    # The validators that the classes in `model` have already would be taken for their schemas.
    return found, SchemaValidator(found, _use_prebuilt=False)


def _bounded(schema: Schema, definitions: Schema) -> Schema:
    inner = {name: _inner(name, schema[name], definitions) for name in INNER if name in schema}
    bound = {} if "max_length" in schema or not _needs_bound(schema, definitions) else _bound(schema)
    return {**schema, **inner, **bound}


def _inner(name: str, value: Any, definitions: Schema) -> Any:
    match value:
        case dict() if name in BY_NAME:
            return {each: _inner("", inner, definitions) for each, inner in value.items()}
        case dict():
            return _bounded(value, definitions)
        case list():
            return [_inner("", inner, definitions) for inner in value]
        case (inner, label):
            return _bounded(inner, definitions), label
        case _:
            return value


def _bound(schema: Schema) -> dict[str, int]:
    return {"max_length": max(MOST_HASHED, schema.get("min_length") or 0)}


def _needs_bound(schema: Schema, definitions: Schema) -> bool:
    if schema["type"] in ("set", "frozenset"):
        return not _is_safe(schema.get("items_schema", {"type": "any"}), definitions)
    # The names in a JSON object are texts, and stay such where the type does not say otherwise.
    keys = schema.get("keys_schema", {"type": "any"})
    return keys["type"] != "any" and not _is_safe(keys, definitions)


def _is_safe(schema: Schema, definitions: Schema) -> bool:
    """Whether nobody can choose many values of `schema` by their hash."""
    kind = schema["type"]
    if kind in TRANSPARENT:
        return _is_safe(schema["schema"], definitions)
    if kind == "union":
        choices = (each[0] if isinstance(each, tuple) else each for each in schema["choices"])
        return all(_is_safe(choice, definitions) for choice in choices)
    if kind == "definition-ref":
        # A type that contains itself is no text.
        others = {ref: each for ref, each in definitions.items() if ref != schema["schema_ref"]}
        return len(others) < len(definitions) and _is_safe(definitions[schema["schema_ref"]], others)
    return kind in KEYED or kind in FEW_VALUES
