"""Signatures of functions: their types, parameters that the server passes, and types that have no JSON Schema."""

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaError as UnfitConstraint

from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.portable import inner_schemas
from mcp_api.schemas.rows import models_in

# The check of types without a schema, and of schemas that clients reject.
SCHEMA_CHECK = "mcp_api.E005"
# The check of functions whose values clients would not get.
GENERATOR_CHECK = "mcp_api.E021"
# pydantic's message for an unknown type. Its advice is about models, not about functions.
UNKNOWN_TYPE = re.compile(r"Unable to generate pydantic-core schema for (?:<class ')?(.+?)(?:'>)?\. Set ")

# The beginning of pydantic's messages for a constraint that the type does not have.
UNFIT_FOR_TYPE = "Unable to apply constraint"
CONSTRAINT_HINT = (
    "ge, gt, le, lt and multiple_of are for numbers and dates, pattern for texts, min_length and max_length for texts "
    "and collections. Annotate the part that it is for: list[Annotated[str, Field(pattern=…)]]."
)
# Keywords of constraints, and the types that have them. pydantic writes its own name for one that a type does not have.
TYPES_OF_CONSTRAINTS = {
    **dict.fromkeys(("ge", "gt", "le", "lt", "multiple_of"), ()),
    **dict.fromkeys(("minLength", "maxLength", "pattern"), ("string",)),
}


class Injected:
    """Base class of the types of parameters that the server passes, not the client.

    A parameter of a direct subclass, or of that or None, is in no schema.
    """

    __slots__ = ()


def is_injected(hint: Any) -> bool:
    """Return whether the server passes a parameter with this type hint: `Context`, or `Context | None`."""
    return any(Injected in getattr(each, "__bases__", ()) for each in (hint, *typing.get_args(hint)))


class WithoutTitles(GenerateJsonSchema):
    """Omit the titles that pydantic derives from names: they tell a model nothing and cost tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def require_no_generator(function: Callable[..., Any]) -> None:
    """Raise DeclarationError for a generator, whose values no client would get."""
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        message = f"{function.__name__} is a generator, of which clients would get no value."
        raise DeclarationError(GENERATOR_CHECK, message, "Return a list, and report progress by context.progress(…).")


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of the parameters, and of the result as `return`. Raises DeclarationError."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        message = f"A type of {function.__name__} is not defined in its module: {error}."
        raise DeclarationError(SCHEMA_CHECK, message, "Import it at runtime, not only under TYPE_CHECKING.") from error


def untyped(function: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters without a type."""
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.annotation is inspect.Parameter.empty]


@contextmanager
def schema_errors_reported(function: Callable[..., Any]) -> Iterator[None]:
    """Raise DeclarationError for pydantic's errors about the types of `function`."""
    try:
        yield
    except UnfitConstraint as error:
        # The last of many lines has the problem.
        problem = str(error).strip().splitlines()[-1].strip().removeprefix("error: ")
        message = f"A constraint of {function.__name__} is invalid: {problem}."
        hint = "A pattern is a regular expression of Rust's regex, which has no look-around; a length is 0 or more."
        raise DeclarationError(SCHEMA_CHECK, message, hint) from error
    except PydanticUserError as error:
        unknown = UNKNOWN_TYPE.match(error.message)
        problem = unknown[1] if unknown else error.message.partition("\n")[0]
        message = f"A type of {function.__name__} has no JSON Schema: {problem.removesuffix('.')}."
        hint = "Use JSON's types (str, int, float, bool, list, dict), a pydantic model, a date, an enum, …"
        raise DeclarationError(SCHEMA_CHECK, message, hint) from error
    except (RuntimeError, TypeError) as error:
        if not str(error).startswith(UNFIT_FOR_TYPE):
            raise
        message = f"A constraint of {function.__name__} is not for its type: {error}."
        raise DeclarationError(SCHEMA_CHECK, message, CONSTRAINT_HINT) from error


def require_fit_constraints(function: str, name: str, schema: Any) -> None:
    """Raise DeclarationError for a constraint that the type of a parameter does not have: each call would fail."""
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        waiting.extend(inner_schemas(each))
        if not isinstance(each, dict) or not isinstance(each.get("type"), str):
            continue
        for keyword, types in TYPES_OF_CONSTRAINTS.items():
            if keyword in each and each["type"] not in types:
                message = f"A constraint of the parameter {name} of {function}, {keyword}, is not for its type."
                raise DeclarationError(SCHEMA_CHECK, message, CONSTRAINT_HINT)


def require_no_rows(subject: str, annotation: Any, hint: str) -> None:
    """Raise DeclarationError for a model, queryset or manager in `annotation`."""
    for model in models_in(annotation):
        raise DeclarationError(SCHEMA_CHECK, f"{subject} {model.__name__}, which has no JSON Schema.", hint)
