"""Bounds for the values of a signature: collections of limited size, finite numbers, and times with a time zone.

Python hashes str and bytes with a secret key, and all other types without one: a client can choose 40,000 numbers that
collide in a dictionary. A collection above the bound is refused while it is validated.

JSON has no NaN and no Infinity, but pydantic reads them from strings, and 1e400 as Infinity: one such row in a table
breaks each search that returns it. A time without an offset is in the current time zone, as in Django's forms.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel
from pydantic_core import SchemaValidator

from mcp_api.protocol.input_limits import MOST_HASHED

# Members of pydantic's core schemas (pydantic_core.core_schema) that hold further schemas.
INNER = (
    *("schema", "items_schema", "keys_schema", "values_schema", "choices", "fields", "steps", "definitions"),
    *("lax_schema", "strict_schema", "json_schema", "python_schema", "arguments_schema"),
    *("extras_schema", "extras_keys_schema", "var_args_schema", "var_kwargs_schema"),
)
# Members of INNER that may hold schemas by name.
BY_NAME = ("fields", "choices")
# Types with hashes that a client cannot choose, and types with few values.
KEYED = ("str", "bytes")
FEW_VALUES = ("literal", "enum", "bool", "none")
# Schemas that validate a value of another schema and keep its type.
TRANSPARENT = ("nullable", "default", "function-before", "custom-error")

Schema = Mapping[str, Any]


def bounded(model: type[BaseModel]) -> tuple[Schema, SchemaValidator]:
    """Return the core schema and the validator of `model`, with a bound for each such collection, at any depth.

    The bound is MOST_HASHED, unless there is a `max_length`. The classes in `model` are not changed.
    """
    schema = model.__pydantic_core_schema__
    definitions = {each.get("ref"): each for each in schema.get("definitions", ())}
    found = _bounded(schema, definitions)
    # Otherwise pydantic would use the validators of the classes in `model`, which have no bounds.
    return found, SchemaValidator(found, _use_prebuilt=False)


def _bounded(schema: Schema, definitions: Schema) -> Schema:
    inner = {name: _inner(name, schema[name], definitions) for name in INNER if name in schema}
    kind = schema["type"] if isinstance(schema.get("type"), str) else ""
    if kind == "float":
        return {**schema, "allow_inf_nan": False}
    if kind == "datetime" and settings.USE_TZ and schema.get("tz_constraint") != "naive":
        return {"type": "function-after", "function": {"type": "no-info", "function": _aware}, "schema": schema}
    bound = {} if "max_length" in schema or not _needs_bound(schema, definitions) else _bound(schema)
    return {**schema, **inner, **bound}


def _aware(moment: datetime) -> datetime:
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


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
    # The names in a JSON object are strings, and remain strings for keys of any type.
    keys = schema.get("keys_schema", {"type": "any"})
    return keys["type"] != "any" and not _is_safe(keys, definitions)


def _is_safe(schema: Schema, definitions: Schema) -> bool:
    """Return whether a client cannot choose many values of `schema` with the same hash."""
    kind = schema["type"]
    if kind in TRANSPARENT:
        return _is_safe(schema["schema"], definitions)
    if kind == "union":
        choices = (each[0] if isinstance(each, tuple) else each for each in schema["choices"])
        return all(_is_safe(choice, definitions) for choice in choices)
    if kind == "definition-ref":
        # A recursive type is not a string.
        others = {ref: each for ref, each in definitions.items() if ref != schema["schema_ref"]}
        return len(others) < len(definitions) and _is_safe(definitions[schema["schema_ref"]], others)
    return kind in KEYED or kind in FEW_VALUES
