"""Bounds for the values of a signature, and the forms in which JSON has them.

The bounds: collections of limited size, finite numbers, and times with a time zone.

Python hashes str and bytes with a secret key, and all other types without one: a client can choose 40,000 numbers that
collide in a dictionary. A collection above the bound is refused while it is validated.

JSON has no NaN and no Infinity, but pydantic reads them from strings, and 1e400 as Infinity: one such row in a table
breaks each search that returns it. Arithmetic with 1e999999999 as a Decimal takes minutes.

A time without an offset is in the current time zone, as in Django's forms.
"""

from cmath import isfinite
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel
from pydantic_core import PydanticCustomError, SchemaValidator

from accounts.http.json_input import read_json
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

# Types that JSON has as texts, lists or objects. "strict" would ask for Python's own values.
OTHER_IN_JSON = {
    *("date", "time", "datetime", "timedelta", "decimal", "uuid", "enum", "bytes", "complex"),
    *("url", "multi-host-url", "tuple", "set", "frozenset", "dataclass", "model"),
}
# Exponents of the smallest and the largest float, for decimals.
EXPONENTS = range(-324, 309)

Schema = Mapping[str, Any]


def bounded(model: type[BaseModel]) -> tuple[Schema, SchemaValidator]:
    """Return the core schema and the validator of `model`, with a bound for each such collection, at any depth.

    The bound is MOST_HASHED, unless there is a `max_length`. The classes in `model` are not changed.
    """
    schema = model.__pydantic_core_schema__
    definitions = {each.get("ref"): each for each in schema.get("definitions", ())}
    found = _bounded(schema, definitions, strict=False)
    # Otherwise pydantic would use the validators of the classes in `model`, which have no bounds.
    return found, SchemaValidator(found, _use_prebuilt=False)


def _bounded(schema: Schema, definitions: Schema, *, strict: bool) -> Schema:
    """Return `schema` with bounds. `strict` is the setting of the model around it."""
    kind = schema["type"] if isinstance(schema.get("type"), str) else ""
    strict = schema.get("config", {}).get("strict", strict)
    if kind in OTHER_IN_JSON and (strict or schema.get("strict")):
        schema = {**schema, "strict": False}
    inner = {name: _inner(name, schema[name], definitions, strict) for name in INNER if name in schema}
    match kind:
        case "float":
            return {**schema, "allow_inf_nan": False}
        case "decimal":
            return _checked_after({**schema, "allow_inf_nan": False}, _of_bounded_size)
        case "complex":
            return _checked_after(schema, _finite)
        case "datetime" if settings.USE_TZ and schema.get("tz_constraint") != "naive":
            return _checked_after(schema, _aware)
        case "json":
            return {**_checked_after({**schema, **inner}, _valid_json), "type": "function-before"}
        case "generator":
            # pydantic would validate the items while the function runs.
            return {**schema, **inner, "type": "list"}
    bound = {} if "max_length" in schema or not _needs_bound(schema, definitions) else _bound(schema)
    return {**schema, **inner, **bound}


def _checked_after(schema: Schema, check: Callable[[Any], Any]) -> dict[str, Any]:
    return {"type": "function-after", "function": {"type": "no-info", "function": check}, "schema": schema}


def _aware(moment: datetime) -> datetime:
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _of_bounded_size(number: Decimal) -> Decimal:
    if number.adjusted() not in EXPONENTS:
        raise PydanticCustomError("decimal_exponent", "Input should be a number of at most 1.7e308")
    return number


def _finite(number: complex) -> complex:
    if not isfinite(number):
        raise PydanticCustomError("finite_number", "Input should be a finite number")
    return number


def _valid_json(value: Any) -> Any:
    """Return the JSON text `value`. pydantic reads NaN in it, and 1e400 as Infinity."""
    if isinstance(value, str | bytes):
        try:
            read_json(value.encode() if isinstance(value, str) else value)
        except ValueError as error:
            raise PydanticCustomError("json_invalid", "Input should be valid JSON, without NaN and Infinity") from error
    return value


def _inner(name: str, value: Any, definitions: Schema, strict: bool) -> Any:
    match value:
        case dict() if name in BY_NAME:
            return {each: _inner("", inner, definitions, strict) for each, inner in value.items()}
        case dict():
            return _bounded(value, definitions, strict=strict)
        case list():
            return [_inner("", inner, definitions, strict) for inner in value]
        case (inner, label):
            return _bounded(inner, definitions, strict=strict), label
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
