"""Output schemas: the JSON Schema of a function's return type, and the check of its result."""

import json
import typing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from inspect import formatannotation
from math import isfinite
from typing import Any, Protocol

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from mcp_api.errors import UnfitResult
from mcp_api.protocol.encoding import LONE_SURROGATE
from mcp_api.schemas.content import is_content, may_be_content, mixed_tuples
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.portable import portable, untitled
from mcp_api.schemas.rows import RETURN_HINT, as_plain, is_rows, unfit, with_texts
from mcp_api.schemas.signature import (
    SCHEMA_CHECK,
    WithoutTitles,
    hints_of,
    require_no_classes,
    require_no_rows,
    schema_errors_reported,
)
from mcp_api.schemas.validation_messages import explain, path


class OutputSchema(Protocol):
    """The data that a function returns: its JSON Schema for clients, and its check."""

    def json_schema(self) -> dict[str, Any]: ...

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]: ...


@dataclass(frozen=True)
class Result:
    """The data that a function's return type describes. Content needs no schema (mcp_api/schemas/content.py)."""

    adapter: TypeAdapter[Any]
    # MCP's structured content is an object; any other type is wrapped in {"result": …}.
    wrapped: bool
    # Name of the class, if it is one.
    name: str = ""

    def json_schema(self) -> dict[str, Any]:
        """Return a copy of the schema, with its lazy texts in the current language."""
        return with_texts(self._schema_with_lazy_texts)

    @cached_property
    def _schema_with_lazy_texts(self) -> dict[str, Any]:
        schema = self.adapter.json_schema(mode="serialization", schema_generator=WithoutTitles)
        schema = untitled(schema, self.name)
        if not self.wrapped:
            # A recursive model is only a reference; MCP before 2026-07-28 requires the type at the root.
            return portable({"type": "object", **schema})
        definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
        return portable({"type": "object", "properties": {"result": schema}, "required": ["result"], **definitions})

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]:
        """Return text for the model, and structured content. Raises ValueError if `value` is not of the return type."""
        checked, plain = self._converted(list(value) if isinstance(value, Iterator) else value)
        text = as_text(plain)
        # pydantic writes null for NaN and Infinity where no type is declared.
        if "null" in text:
            require_finite(checked)
        return text, {"result": plain} if self.wrapped else plain

    def _converted(self, value: Any) -> tuple[Any, Any]:
        """Return `value` converted to the return type, and that as JSON data. Raises UnfitResult."""
        with suppress(ValidationError, PydanticSerializationError):
            return self._dumped(value)
        try:
            return self._dumped(with_texts(value))
        except ValidationError as error:
            problems = explain(error, whole="the result").replace("\n", "; ")
            rows = next((each["input"] for each in error.errors() if is_rows(each["input"])), None)
            more = f" {unfit(rows)}" if rows is not None else ""
            raise UnfitResult(f"The result is not of the return type: {problems}.{more}") from error

    def _dumped(self, value: Any) -> tuple[Any, Any]:
        checked = self.adapter.validate_python(value)
        # pydantic does not validate the fields of its own models again; with "error", a wrong type raises.
        plain = self.adapter.dump_python(checked, mode="json", by_alias=True, warnings="error", fallback=as_plain)
        return checked, plain


def result_of(function: Callable[..., Any]) -> Result | None:
    """Return the output schema of `function`; None if its return type is nothing, or content, or Any.

    Raises DeclarationError for a type that has no schema.
    """
    annotation = hints_of(function).get("return")
    require_no_mixed_tuples(function.__name__, annotation)
    if annotation is None or annotation is type(None) or is_content(annotation) or may_be_content(annotation):
        return None
    require_no_rows(f"{function.__name__} returns", annotation, RETURN_HINT)
    if has_bytes(annotation):
        message = f"{function.__name__} returns {formatannotation(annotation)}, and JSON has no form for bytes."
        hint = "Return image(…), audio(…) or embedded(…) of it, with its media type."
        raise DeclarationError(SCHEMA_CHECK, message, hint)
    with schema_errors_reported(function):
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        require_no_classes(f"{function.__name__} returns", adapter.core_schema)
        is_wrapped = not is_object(adapter.json_schema(mode="serialization"))
        return Result(adapter, wrapped=is_wrapped, name=getattr(annotation, "__name__", ""))


def require_no_mixed_tuples(name: str, annotation: Any) -> None:
    """Raise DeclarationError for a tuple of content and data: each call would fail, because data is no content."""
    for mixed in mixed_tuples(annotation):
        message = f"{name} returns {formatannotation(mixed)}, of which only a part is content."
        hint = "Return text beside content, as in [image(…), json.dumps(…)], or only data."
        raise DeclarationError(SCHEMA_CHECK, message, hint)


def is_object(schema: dict[str, Any]) -> bool:
    """Return whether `schema`, or the schema that it refers to, describes objects only."""
    referred = schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return referred.get("type") == "object"


def as_text(plain: Any) -> str:
    """Return JSON data as text. Raises UnfitResult for NaN, Infinity and lone surrogates, which JSON lacks."""
    try:
        encoded = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        encoded.encode()
    except UnicodeEncodeError as error:
        raise UnfitResult(f"The result {LONE_SURROGATE}.") from error
    except ValueError:
        require_finite(plain)
        raise
    return plain if isinstance(plain, str) else encoded


def require_finite(value: Any) -> None:
    """Raise UnfitResult for a number in `value` that is not finite."""
    for where, number in non_finite(value):
        raise UnfitResult(f"The result has {number} at {where}, which JSON has no number for. Return None.")


def has_bytes(annotation: Any) -> bool:
    """Return whether bytes stand in `annotation`."""
    return annotation in (bytes, bytearray) or any(map(has_bytes, typing.get_args(annotation)))


def non_finite(value: Any, where: tuple[str | int, ...] = ()) -> Iterator[tuple[str, float]]:
    """The places and values of the numbers in `value` that are not finite.

    A number that is itself a field of a model is left to its type and its serializer.
    """
    match value:
        case float() if not isfinite(value):
            yield path(where) or "its root", value
        case dict():
            for name, inner in value.items():
                yield from non_finite(inner, (*where, name))
        case list() | tuple() | set() | frozenset():
            for number, inner in enumerate(value):
                yield from non_finite(inner, (*where, number))
        case BaseModel():
            for name, inner in value:
                if not isinstance(inner, float) or _is_untyped(value, name):
                    yield from non_finite(inner, (*where, name))


def _is_untyped(model: BaseModel, name: str) -> bool:
    fields = type(model).model_fields
    return name not in fields or fields[name].annotation is Any
