"""Signatures of functions: their types, parameters that the server passes, and types that have no JSON Schema."""

import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any

from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticSerializationError, SchemaValidator, ValidationError, to_jsonable_python
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

# The types of core schemas with a validator of the author before the type itself.
CONVERTED = ("function-before", "function-wrap", "function-plain")


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
    except PydanticSerializationError as error:
        message = f"A value of an enum or a default of {function.__name__} has no JSON form: {error}."
        raise DeclarationError(SCHEMA_CHECK, message, "Use texts, numbers, lists and dictionaries.") from error
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


def require_readable(function: str, schema: Any) -> None:
    """Raise DeclarationError for a type in the core schema of parameters that no JSON value fits."""
    require_no_classes(f"A parameter of {function} is", schema)
    for enum in _nodes(schema, "enum"):
        for member in enum["members"]:
            if not _is_readable(enum, member):
                message = f"{enum['cls'].__name__}.{member.name}, in a parameter of {function}, has no JSON form."
                hint = "Give each member of the enum a text or a number: clients cannot send tuples, dates or objects."
                raise DeclarationError(SCHEMA_CHECK, message, hint)


def require_no_classes(subject: str, schema: Any) -> None:
    """Raise DeclarationError for `type[…]` in a core schema: JSON has no classes."""
    for node in _nodes(schema, "is-subclass"):
        message = f"{subject} a class, type[{node['cls'].__name__}], which JSON has no form for."
        raise DeclarationError(SCHEMA_CHECK, message, 'Use a name instead: Literal["book", "author"], or an enum.')


def _is_readable(enum: dict[str, Any], member: Enum) -> bool:
    """Return whether the JSON form of `member` is read as that member."""
    try:
        return SchemaValidator(enum).validate_python(to_jsonable_python(member.value)) == member
    except (ValidationError, PydanticSerializationError):
        return False


def _nodes(schema: Any, kind: str) -> Iterator[dict[str, Any]]:
    """The parts of a core schema (pydantic_core.core_schema) of one type, at any depth.

    Those behind a validator or a serializer of the author, which may convert values, are left out.
    """
    waiting, seen = [schema], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Mapping):
            if str(each.get("type")) in CONVERTED or str(_serialization(each)).startswith("function-"):
                continue
            if each.get("type") == kind:
                yield dict(each)
            waiting.extend(each.values())
        elif isinstance(each, list | tuple):
            waiting.extend(each)


def _serialization(schema: Mapping[str, Any]) -> Any:
    serialization = schema.get("serialization")
    return serialization.get("type") if isinstance(serialization, Mapping) else None


def require_no_rows(subject: str, annotation: Any, hint: str) -> None:
    """Raise DeclarationError for a model, queryset or manager in `annotation`."""
    for model in models_in(annotation):
        raise DeclarationError(SCHEMA_CHECK, f"{subject} {model.__name__}, which has no JSON Schema.", hint)
