"""From a function's signature to JSON Schema: arguments checked on their way in, results on their way out."""

import inspect
import json
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from jsonschema import Draft202012Validator, SchemaError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaError as UnfitConstraint
from pydantic_core import SchemaValidator

from mcp_api.errors import UnfitResult
from mcp_api.protocol.input_limits import LONGEST_NAME
from mcp_api.schemas.bounded_collections import bounded
from mcp_api.schemas.content import is_content
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.injected import is_injected
from mcp_api.schemas.rows import KEYS, WAYS, as_plain, is_rows, models_in, unfit
from mcp_api.schemas.validation_messages import (
    MOST_PROBLEMS_TOLD,
    explain,
    explain_violations,
    summarize,
    summarize_violations,
)
from mcp_api.schemas.validator import violations

# The check that tells of what has no schema, or one that clients would reject.
UNFIT = "mcp_api.E005"
MOST_EXPLAINED = 1000
# What pydantic calls a type that it does not know. What it advises is for models of one's own, not for functions.
UNKNOWN_TYPE = re.compile(r"Unable to generate pydantic-core schema for (?:<class ')?(.+?)(?:'>)?\. Set ")
SIGNATURE_SAYS = {"type", "properties", "required", "$defs"}
PASSED_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of each name: they tell a model nothing, and cost it tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class InvalidArguments(Exception):
    """Arguments that a tool cannot take: the text tells the model what to mend, `detail` is for the audit log."""

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(text)
        self.detail = detail

    @classmethod
    def too_deep(cls) -> "InvalidArguments":
        return cls("The arguments are nested too deeply.", "arguments: nested too deeply")


class InputSchema(Protocol):
    """What a function takes, as clients are told and as it is checked."""

    @property
    def names(self) -> dict[str, str]: ...

    @property
    def context_parameter(self) -> str | None: ...

    def json_schema(self) -> dict[str, Any]: ...

    def parameters(self) -> list[tuple[str, dict[str, Any], bool]]: ...

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]: ...


class OutputSchema(Protocol):
    """What data a function returns, as clients are told and as it is checked."""

    def json_schema(self) -> dict[str, Any]: ...

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a function takes."""

    model: type[BaseModel]
    # parameter name by model field name: a parameter may be called anything, a pydantic field may not
    names: dict[str, str]
    context_parameter: str | None
    # Of the model, as pydantic has them, with bounds (mcp_api/schemas/bounded_collections.py).
    schema: Mapping[str, Any]
    validator: SchemaValidator
    # Keywords at the schema's root that a signature cannot express.
    keywords: dict[str, Any] = field(default_factory=dict)

    def json_schema(self) -> dict[str, Any]:
        schema = WithoutTitles(by_alias=True).generate(self.schema, mode="validation")
        schema.pop("title", None)
        return {"type": "object", "properties": {}, **schema, **self.keywords}

    def parameters(self) -> list[tuple[str, dict[str, Any], bool]]:
        """Name, schema and whether it is required, of each."""
        schema = self.json_schema()
        required = schema.get("required", [])
        return [(name, described, name in required) for name, described in schema["properties"].items()]

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """`arguments` as keyword arguments for the function. Raises InvalidArguments."""
        unknown = [name for name in arguments if name not in self.names.values()]
        if len(unknown) > MOST_PROBLEMS_TOLD:
            text = f"{len(unknown)} arguments are unknown, {unknown[0][:LONGEST_NAME]} among them."
            raise InvalidArguments(text, f"arguments: {len(unknown)} are unknown")
        try:
            checked = self.validator.validate_python(arguments)
        except ValidationError as error:
            raise InvalidArguments(*_explained(error)) from error
        if self.keywords:
            self._check_keywords(arguments)
        return {name: getattr(checked, field) for field, name in self.names.items()}

    def _check_keywords(self, arguments: dict[str, Any]) -> None:
        """By the whole schema, as they may refer to it."""
        schema = self.json_schema()
        try:
            found = violations(schema, arguments)
        except RecursionError as error:
            raise InvalidArguments.too_deep() from error
        if found:
            raise InvalidArguments(explain_violations(found), summarize_violations(found, schema))


@dataclass(frozen=True, slots=True)
class Result:
    """What a function returns, where that is data: content is passed on as it is (mcp_api/schemas/content.py)."""

    adapter: TypeAdapter[Any]
    # MCP's structured content is an object; anything else is wrapped in {"result": …}.
    wrapped: bool

    def json_schema(self) -> dict[str, Any]:
        schema = self.adapter.json_schema(mode="serialization", schema_generator=WithoutTitles)
        if not self.wrapped:
            # A recursive model is but a reference; MCP before 2026-07-28 wants the type at the root.
            return {"type": "object", **schema}
        definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
        return {"type": "object", "properties": {"result": schema}, "required": ["result"], **definitions}

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]:
        """Text for the model and structured content. Raises ValueError where `value` is not that."""
        checked = self._checked(value)
        # pydantic takes its own models' word for their fields, and would only warn of a wrong one.
        plain = self.adapter.dump_python(checked, mode="json", by_alias=True, warnings="error", fallback=as_plain)
        return as_text(plain), {"result": plain} if self.wrapped else plain

    def _checked(self, value: Any) -> Any:
        """`value` as the return type has it. Raises UnfitResult."""
        try:
            return self.adapter.validate_python(value)
        except ValidationError as error:
            problems = explain(error, whole="the result").replace("\n", "; ")
            rows = next((each["input"] for each in error.errors() if is_rows(each["input"])), None)
            more = f" {unfit(rows)}" if rows is not None else ""
            raise UnfitResult(f"The result is not of the return type: {problems}.{more}") from error


def arguments_of(function: Callable[..., Any], keywords: dict[str, Any] | None = None) -> Arguments:
    """The parameters of `function`, but for the one that is annotated Context. `keywords` are further ones for the
    root of their JSON Schema (2020-12), such as allOf and if.

    Raises DeclarationError for a parameter that cannot be passed by name, a type that has no schema, and for keywords
    that are no schema or say what the signature says.
    """
    hints = hints_of(function)
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    context_parameter = None
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in PASSED_BY_NAME:
            message = f"The parameter {parameter} of {function.__name__} cannot be passed by name, as clients do."
            raise DeclarationError("mcp_api.E003", message, "Name each parameter: no *args, **kwargs, and no `/`.")
        hint = hints.get(name, Any)
        if is_injected(hint):
            context_parameter = name
            continue
        _require_no_rows(f"The parameter {name} of {function.__name__} is", hint, KEYS)
        called = f"argument_{len(names)}"
        names[called] = name
        fields[called] = field_of(name, hint, parameter.default)
    with has_a_schema(function):
        model = create_model(
            function.__name__, __config__=ConfigDict(extra="forbid", hide_input_in_errors=True), **fields
        )
        takes = Arguments(model, names, context_parameter, *bounded(model), keywords or {})
        takes.json_schema()
    if keywords:
        _check_schema(function.__name__, takes)
    return takes


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of its parameters, and of its result as `return`. Raises DeclarationError for an unknown one."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        message = f"A type of {function.__name__} is unknown where it is declared: {error}."
        raise DeclarationError(UNFIT, message, "Import it for real, not only for type checkers.") from error


@contextmanager
def has_a_schema(function: Callable[..., Any]) -> Iterator[None]:
    try:
        yield
    except UnfitConstraint as error:
        # Of the many lines, the last says what is wrong.
        problem = str(error).strip().splitlines()[-1].strip().removeprefix("error: ")
        message = f"A constraint of {function.__name__} cannot be checked: {problem}."
        hint = "A pattern is a regular expression of Rust's regex, which has no look-around; a length is 0 or more."
        raise DeclarationError(UNFIT, message, hint) from error
    except PydanticUserError as error:
        unknown = UNKNOWN_TYPE.match(error.message)
        problem = unknown[1] if unknown else error.message.partition("\n")[0]
        message = f"A type of {function.__name__} has no JSON Schema: {problem.removesuffix('.')}."
        hint = "Use what JSON has (str, int, float, bool, list, dict), a pydantic model, a date, an enum, …"
        raise DeclarationError(UNFIT, message, hint) from error


def _require_no_rows(what: str, annotation: Any, hint: str) -> None:
    for model in models_in(annotation):
        raise DeclarationError(UNFIT, f"{what} {model.__name__}, which has no JSON Schema.", hint)


def untyped(function: Callable[..., Any]) -> list[str]:
    """The parameters of `function` of which nobody said what they are."""
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.annotation is inspect.Parameter.empty]


def _explained(error: ValidationError) -> tuple[str, str]:
    """The sentences for the client and for the audit log. Of very many problems only the number: telling each would
    take longer than finding it.
    """
    count = error.error_count()
    if count > MOST_EXPLAINED:
        return f"{count} values do not fit the schema.", f"arguments: {count} problems"
    return explain(error), summarize(error)


def _check_schema(name: str, takes: Arguments) -> None:
    clash = takes.keywords.keys() & SIGNATURE_SAYS
    if clash:
        message = f"{', '.join(sorted(clash))} in schema= of {name} is what the signature says."
        raise DeclarationError(UNFIT, message, "Change the signature instead.")
    try:
        Draft202012Validator.check_schema(takes.json_schema())
    except SchemaError as error:
        message = f"schema= of {name} is no JSON Schema: {error.message}"
        raise DeclarationError(UNFIT, message, "It holds keywords of JSON Schema 2020-12, such as anyOf.") from error


def field_of(name: str, hint: Any, default: Any) -> Any:
    """A pydantic field for a parameter, whose default is none, a value, or pydantic's own Field(…)."""
    if isinstance(default, FieldInfo):
        return Annotated[hint, default], Field(alias=name)
    return hint, Field(... if default is inspect.Parameter.empty else default, alias=name)


def result_of(function: Callable[..., Any]) -> Result | None:
    """The data that `function` says it returns; None where that is nothing, or content."""
    annotation = hints_of(function).get("return")
    if annotation is None or annotation is type(None) or is_content(annotation):
        return None
    _require_no_rows(f"{function.__name__} returns", annotation, WAYS)
    with has_a_schema(function):
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        return Result(adapter, wrapped=not is_object(adapter.json_schema(mode="serialization")))


def is_object(schema: dict[str, Any]) -> bool:
    """Whether `schema`, or what it refers to, allows objects alone."""
    referred = schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return referred.get("type") == "object"


def takes_text(schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Whether a value of `schema` may be written as text: not lists, objects and nulls alone."""
    if "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return any(takes_text(option, definitions) for option in options)
    return schema.get("type") not in ("array", "object", "null")


def as_text(plain: Any) -> str:
    """`plain`, made of what JSON has, as text. Raises ValueError for NaN, Infinity and lone surrogates."""
    encoded = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    encoded.encode()
    return plain if isinstance(plain, str) else encoded
