"""Defaults of arguments that are not of the type that is annotated.

The default goes to the function as it is. Clients are told it as well, and forms fill it in.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from mcp_api.schemas.signature import Arguments, InputSchema

# One of these in place of another does no harm: `tags: list[str] = ()`.
COLLECTIONS = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class UnfitDefault:
    """The argument `name` with its default, why that does not fit, and what to write instead."""

    name: str
    default: Any
    problem: str
    hint: str


def unfit_defaults(takes: InputSchema) -> Iterator[UnfitDefault]:
    """The defaults of a function's parameters that do not fit. What a default_factory makes is not looked at."""
    if not isinstance(takes, Arguments):
        return
    for called, field in takes.model.model_fields.items():
        if field.is_required() or field.default_factory is not None:
            continue
        problem = _problem(takes, called, field)
        if problem:
            yield UnfitDefault(takes.names[called], field.default, problem, _hint(takes.names[called], field))


def _problem(takes: Arguments, called: str, field: FieldInfo) -> str:
    """Why the default of the model's field `called` does not fit; empty where it does."""
    default = field.default
    try:
        value = _validated(takes, called, default)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        # The first of its location is the field.
        where = ".".join(str(part) for part in first["loc"][1:])
        return f"{where}: {first['msg']}" if where else first["msg"]
    except Exception:
        # A validator of the author's own that cannot judge yet, such as one that asks the database.
        return ""
    if _is_alike(value, default):
        return ""
    return f"It is of the type {type(default).__name__}, and is not converted"


def _validated(takes: Arguments, called: str, default: Any) -> Any:
    """`default` as it would arrive from a client. Raises ValidationError, and what validators raise."""
    model = takes.model
    instance = model.model_construct()
    return getattr(model.__pydantic_validator__.validate_assignment(instance, called, default), called)


def _is_alike(value: Any, default: Any) -> bool:
    """Whether a function can take `default` for the validated `value`."""
    if isinstance(value, COLLECTIONS) and isinstance(default, COLLECTIONS):
        return True
    return type(value) is type(default) or bool(value == default)


def _hint(name: str, field: FieldInfo) -> str:
    annotated = inspect.formatannotation(field.annotation)
    if field.default is None:
        return f"Write `{name}: {annotated} | None` where nobody has to send it."
    return f"The function gets its default as it is. Give a default of the type {annotated}, or annotate another type."
