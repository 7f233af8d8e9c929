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
from mcp_api.schemas.rows import models_in

# The check of types without a schema, and of schemas that clients reject.
SCHEMA_CHECK = "mcp_api.E005"
# The check of functions whose values clients would not get.
GENERATOR_CHECK = "mcp_api.E021"
# pydantic's message for an unknown type. Its advice is about models, not about functions.
UNKNOWN_TYPE = re.compile(r"Unable to generate pydantic-core schema for (?:<class ')?(.+?)(?:'>)?\. Set ")


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


def require_no_rows(subject: str, annotation: Any, hint: str) -> None:
    """Raise DeclarationError for a model, queryset or manager in `annotation`."""
    for model in models_in(annotation):
        raise DeclarationError(SCHEMA_CHECK, f"{subject} {model.__name__}, which has no JSON Schema.", hint)
