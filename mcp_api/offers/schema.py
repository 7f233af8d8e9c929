"""From a function's signature to JSON Schema: arguments checked on their way in, results on their way out."""

import inspect
import json
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol

from jsonschema import Draft202012Validator, SchemaError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from mcp_api.calls.context import Context
from mcp_api.input_limits import LONGEST_NAME
from mcp_api.offers.content import is_content
from mcp_api.offers.faults import Misdeclared
from mcp_api.offers.json_schema_validator import violations
from mcp_api.problems import MOST_PROBLEMS_TOLD, explain, explain_violations, summarize, summarize_violations

# The check that tells of what has no schema, or one that clients would reject.
UNFIT = "mcp_api.E005"
MOST_EXPLAINED = 1000
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


class Takes(Protocol):
    """What a function takes, as clients are told and as it is checked."""

    @property
    def names(self) -> dict[str, str]: ...

    @property
    def context_parameter(self) -> str | None: ...

    def json_schema(self) -> dict[str, Any]: ...

    def parameters(self) -> list[tuple[str, dict[str, Any], bool]]: ...

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]: ...


class Gives(Protocol):
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
    # Keywords at the schema's root that a signature cannot express.
    keywords: dict[str, Any] = field(default_factory=dict)

    def json_schema(self) -> dict[str, Any]:
        schema = self.model.model_json_schema(by_alias=True, schema_generator=WithoutTitles)
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
            checked = self.model.model_validate(arguments)
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
    """What a function returns, where that is data: content is passed on as it is (mcp_api/offers/content.py)."""

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
        checked = self.adapter.validate_python(value)
        # pydantic takes its own models' word for their fields, and would only warn of a wrong one.
        plain = self.adapter.dump_python(checked, mode="json", by_alias=True, warnings="error")
        return as_text(plain), {"result": plain} if self.wrapped else plain


def arguments_of(function: Callable[..., Any], keywords: dict[str, Any] | None = None) -> Arguments:
    """The parameters of `function`, but for the one that is annotated Context. `keywords` are further ones for the
    root of their JSON Schema (2020-12), such as allOf and if.

    Raises Misdeclared for a parameter that cannot be passed by name, a type that has no schema, and for keywords
    that are no schema or say what the signature says.
    """
    hints = hints_of(function)
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    context_parameter = None
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in PASSED_BY_NAME:
            message = f"The parameter {parameter} of {function.__name__} cannot be passed by name, as clients do."
            raise Misdeclared("mcp_api.E003", message, "Name each parameter: no *args, **kwargs, and no `/`.")
        hint = hints.get(name, Any)
        if is_context(hint):
            context_parameter = name
            continue
        called = f"argument_{len(names)}"
        names[called] = name
        fields[called] = field_of(name, hint, parameter.default)
    with has_a_schema(function):
        model = create_model(
            function.__name__, __config__=ConfigDict(extra="forbid", hide_input_in_errors=True), **fields
        )
        takes = Arguments(model, names, context_parameter, keywords or {})
        takes.json_schema()
    if keywords:
        _check_schema(function.__name__, takes)
    return takes


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of its parameters, and of its result as `return`. Raises Misdeclared for one that does not exist."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        message = f"A type of {function.__name__} is unknown where it is declared: {error}."
        raise Misdeclared(UNFIT, message, "Import it for real, not only for type checkers.") from error


@contextmanager
def has_a_schema(function: Callable[..., Any]) -> Iterator[None]:
    try:
        yield
    except PydanticUserError as error:
        message = f"A type of {function.__name__} has no JSON Schema: {error.message}"
        hint = "Use what JSON has (str, int, float, bool, list, dict), a pydantic model, a date, an enum, …"
        raise Misdeclared(UNFIT, message, hint) from error


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
        raise Misdeclared(UNFIT, message, "Change the signature instead.")
    try:
        Draft202012Validator.check_schema(takes.json_schema())
    except SchemaError as error:
        message = f"schema= of {name} is no JSON Schema: {error.message}"
        raise Misdeclared(UNFIT, message, "It holds keywords of JSON Schema 2020-12, such as anyOf.") from error


def is_context(hint: Any) -> bool:
    """`Context`, or `Context | None` of a tool that is also called from elsewhere."""
    return Context in (hint, *typing.get_args(hint))


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
    with has_a_schema(function):
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        return Result(adapter, wrapped=not is_object(adapter.json_schema(mode="serialization")))


def is_object(schema: dict[str, Any]) -> bool:
    """Whether `schema`, or what it refers to, allows objects alone."""
    referred = schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return referred.get("type") == "object"


def as_text(plain: Any) -> str:
    """`plain`, made of what JSON has, as text. Raises ValueError for NaN, Infinity and lone surrogates."""
    encoded = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    encoded.encode()
    return plain if isinstance(plain, str) else encoded
