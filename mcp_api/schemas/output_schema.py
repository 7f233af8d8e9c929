"""Output schemas: the JSON Schema of a function's return type, and the check of its result."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from mcp_api.errors import UnfitResult
from mcp_api.protocol.encoding import LONE_SURROGATE
from mcp_api.schemas.content import is_content, may_be_content
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.portable import portable
from mcp_api.schemas.rows import RETURN_HINT, as_plain, is_rows, unfit, with_texts
from mcp_api.schemas.signature import SCHEMA_CHECK, WithoutTitles, hints_of, require_no_rows, schema_errors_reported
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

    def json_schema(self) -> dict[str, Any]:
        """Return a copy of the schema, with its lazy texts in the current language."""
        return with_texts(self._schema_with_lazy_texts)

    @cached_property
    def _schema_with_lazy_texts(self) -> dict[str, Any]:
        schema = self.adapter.json_schema(mode="serialization", schema_generator=WithoutTitles)
        if not self.wrapped:
            # A recursive model is only a reference; MCP before 2026-07-28 requires the type at the root.
            return portable({"type": "object", **schema})
        definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
        return portable({"type": "object", "properties": {"result": schema}, "required": ["result"], **definitions})

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]:
        """Return text for the model, and structured content. Raises ValueError if `value` is not of the return type."""
        checked = self._checked(value)
        # pydantic does not validate the fields of its own models again; with "error", a wrong type raises.
        plain = self.adapter.dump_python(checked, mode="json", by_alias=True, warnings="error", fallback=as_plain)
        return as_text(plain), {"result": plain} if self.wrapped else plain

    def _checked(self, value: Any) -> Any:
        """Return `value` converted to the return type. Raises UnfitResult."""
        with suppress(ValidationError):
            return self.adapter.validate_python(value)
        try:
            return self.adapter.validate_python(with_texts(value))
        except ValidationError as error:
            problems = explain(error, whole="the result").replace("\n", "; ")
            rows = next((each["input"] for each in error.errors() if is_rows(each["input"])), None)
            more = f" {unfit(rows)}" if rows is not None else ""
            raise UnfitResult(f"The result is not of the return type: {problems}.{more}") from error


def result_of(function: Callable[..., Any]) -> Result | None:
    """Return the output schema of `function`; None if its return type is nothing, or content, or Any.

    Raises DeclarationError for a type that has no schema.
    """
    annotation = hints_of(function).get("return")
    if annotation is None or annotation is type(None) or is_content(annotation) or may_be_content(annotation):
        return None
    require_no_rows(f"{function.__name__} returns", annotation, RETURN_HINT)
    if annotation in (bytes, bytearray):
        message = f"{function.__name__} returns {annotation.__name__}, which JSON has no form for."
        hint = "Return image(…), audio(…) or embedded(…) of it, with its media type."
        raise DeclarationError(SCHEMA_CHECK, message, hint)
    with schema_errors_reported(function):
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        return Result(adapter, wrapped=not is_object(adapter.json_schema(mode="serialization")))


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
    except ValueError as error:
        where, value = next(non_finite(plain), ("the result", "NaN"))
        raise UnfitResult(f"The result has {value} at {where}, which JSON has no number for. Return None.") from error
    return plain if isinstance(plain, str) else encoded


def non_finite(plain: Any, where: tuple[str | int, ...] = ()) -> Iterator[tuple[str, float]]:
    """The places and values of the numbers in JSON data that are not finite."""
    match plain:
        case float() if not isfinite(plain):
            yield path(where) or "its root", plain
        case dict():
            for name, inner in plain.items():
                yield from non_finite(inner, (*where, name))
        case list():
            for number, inner in enumerate(plain):
                yield from non_finite(inner, (*where, number))
