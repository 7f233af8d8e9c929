"""Defaults of parameters that do not fit the annotated type.

A default is passed to the function unchanged. It is in the schema, too, so that clients and forms may send it.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from mcp_api.schemas.input_schema import Arguments, InputSchema

# These may stand for each other: `tags: list[str] = ()`.
COLLECTIONS = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class UnfitDefault:
    """The parameter `name` whose default does not fit, with the problem and a hint."""

    name: str
    default: Any
    problem: str
    hint: str


def unfit_defaults(arguments: InputSchema) -> Iterator[UnfitDefault]:
    """The defaults of a function's parameters that do not fit. Values of a default_factory are not checked."""
    if not isinstance(arguments, Arguments):
        return
    for field_name, field in arguments.model.model_fields.items():
        if field.is_required() or field.default_factory is not None:
            continue
        problem = _problem(arguments, field_name, field)
        if problem:
            name = arguments.names[field_name]
            yield UnfitDefault(name, field.default, problem, _hint(name, field))


def _problem(arguments: Arguments, field_name: str, field: FieldInfo) -> str:
    """The problem of a field's default; empty if the default fits."""
    default = field.default
    if isinstance(default, float) and not isfinite(default):
        return "It is not a finite number, and JSON has no other"
    try:
        value = _validated(arguments, field_name, default)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        # The location starts with the field.
        where = ".".join(str(part) for part in first["loc"][1:])
        return f"{where}: {first['msg']}" if where else first["msg"]
    except Exception:
        # A validator of the app that cannot run yet, such as one that queries the database.
        return ""
    if _is_alike(value, default):
        return ""
    return f"It has the type {type(default).__name__}, and is not converted"


def _validated(arguments: Arguments, field_name: str, default: Any) -> Any:
    """Return `default` as if a client had sent it. Raises ValidationError, and the errors of validators."""
    model = arguments.model
    instance = model.model_construct()
    return getattr(model.__pydantic_validator__.validate_assignment(instance, field_name, default), field_name)


def _is_alike(value: Any, default: Any) -> bool:
    """Return whether a function that expects `value` can take `default`."""
    if isinstance(value, COLLECTIONS) and isinstance(default, COLLECTIONS):
        return True
    return type(value) is type(default) or bool(value == default)


def _hint(name: str, field: FieldInfo) -> str:
    annotated = inspect.formatannotation(field.annotation)
    if field.default is None:
        return f"Write `{name}: {annotated} | None`, so that clients may leave it out."
    return f"The function gets the default unchanged. Use a default of the type {annotated}, or annotate another type."
