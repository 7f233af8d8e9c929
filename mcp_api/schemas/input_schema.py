"""Input schemas: the JSON Schema of a function's parameters, and the check of the arguments for them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Protocol

from jsonschema import Draft202012Validator, SchemaError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator

from mcp_api.protocol.input_limits import LONGEST_NAME
from mcp_api.schemas.bounded_collections import bounded
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.docstrings import parameter_descriptions
from mcp_api.schemas.lenient import refitted
from mcp_api.schemas.portable import portable
from mcp_api.schemas.rows import KEY_HINT, with_texts
from mcp_api.schemas.signature import (
    SCHEMA_CHECK,
    WithoutTitles,
    hints_of,
    is_injected,
    require_fit_constraints,
    require_no_generator,
    require_no_rows,
    require_readable,
    schema_errors_reported,
)
from mcp_api.schemas.validation_messages import (
    MOST_PROBLEMS,
    explain,
    explain_violations,
    summarize,
    summarize_violations,
)
from mcp_api.schemas.validator import unresolved, violations

# Above this number of problems, only the number is reported.
MOST_EXPLAINED = 1000
# Attempts to fit arguments to the schema: JSON in a string may hold strings with JSON.
MOST_ROUNDS = 4
# Keywords at the root of an input schema that come from the signature.
SIGNATURE_KEYWORDS = {"type", "properties", "required", "$defs"}
PASSED_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class InvalidArguments(Exception):
    """Arguments that do not fit the input schema: the text is for the model, `detail` for the audit log."""

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(text)
        self.detail = detail

    @classmethod
    def too_deep(cls) -> "InvalidArguments":
        return cls("The arguments are nested too deeply.", "arguments: nested too deeply")


class InputSchema(Protocol):
    """The arguments of a function: their JSON Schema for clients, and their check."""

    @property
    def names(self) -> dict[str, str]: ...

    @property
    def context_parameter(self) -> str | None: ...

    def json_schema(self) -> dict[str, Any]: ...

    def parameters(self) -> list[tuple[str, dict[str, Any], bool]]: ...

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Arguments:
    """The arguments that a function's signature describes."""

    model: type[BaseModel]
    # Parameter names by field names of the model: not every parameter's name is a valid pydantic field.
    names: dict[str, str]
    context_parameter: str | None
    # pydantic's core schema of the model, with bounds (mcp_api/schemas/bounded_collections.py).
    schema: Mapping[str, Any]
    validator: SchemaValidator
    # Keywords for the root of the JSON Schema that a signature cannot express.
    keywords: dict[str, Any] = field(default_factory=dict)

    def json_schema(self) -> dict[str, Any]:
        """Return a copy of the schema, with its lazy texts in the current language."""
        return with_texts(self._schema_with_lazy_texts)

    @cached_property
    def _schema_with_lazy_texts(self) -> dict[str, Any]:
        schema = WithoutTitles(by_alias=True).generate(self.schema, mode="validation")
        schema.pop("title", None)
        return portable({"type": "object", "properties": {}, **schema, **self.keywords})

    def parameters(self) -> list[tuple[str, dict[str, Any], bool]]:
        """Return the name, the schema and whether it is required, of each parameter."""
        schema = self.json_schema()
        required = schema.get("required", [])
        return [(name, described, name in required) for name, described in schema["properties"].items()]

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return `arguments` as keyword arguments for the function. Raises InvalidArguments."""
        unknown = [name for name in arguments if name not in self.names.values()]
        if len(unknown) > MOST_PROBLEMS:
            text = f"{len(unknown)} arguments are unknown, {unknown[0][:LONGEST_NAME]} among them."
            raise InvalidArguments(text, f"arguments: {len(unknown)} are unknown")
        checked, arguments = self._validated(arguments)
        if self.keywords:
            self._check_keywords(arguments)
        return {name: getattr(checked, field) for field, name in self.names.items()}

    def _validated(self, arguments: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the validated model, and the arguments that fit. Raises InvalidArguments."""
        problem = None
        # Scalars and null come second: where they do not help either, the error is about what was sent.
        for scalars in (False, True):
            for _ in range(MOST_ROUNDS):
                try:
                    return self.validator.validate_python(arguments), arguments
                except ValidationError as error:
                    if error.error_count() > MOST_EXPLAINED:
                        raise InvalidArguments(*_explained(error)) from error
                    found, changed = _explained(error), refitted(arguments, error, scalars=scalars)
                if changed is None:
                    break
                arguments = changed
            problem = problem or found
        assert problem is not None
        raise InvalidArguments(*problem)

    def _check_keywords(self, arguments: dict[str, Any]) -> None:
        """Check `arguments` against the whole JSON Schema, as the keywords may refer to any part of it."""
        schema = self.json_schema()
        try:
            found = violations(schema, arguments)
        except RecursionError as error:
            raise InvalidArguments.too_deep() from error
        if found:
            raise InvalidArguments(explain_violations(found), summarize_violations(found, schema))


def arguments_of(function: Callable[..., Any], keywords: Any = None) -> Arguments:
    """Return the input schema of `function`, without the parameter that is annotated with Context.

    `keywords` are further ones for the root of its JSON Schema (2020-12), such as allOf and if. Raises DeclarationError
    for a parameter that cannot be passed by name, for a type that has no schema, and for keywords that are invalid or
    that the signature sets.
    """
    require_no_generator(function)
    if keywords is not None and not isinstance(keywords, dict):
        message = f"schema= of {function.__name__} is {keywords!r:.80}, which is no dictionary."
        raise DeclarationError(SCHEMA_CHECK, message, 'Write keywords of JSON Schema: schema={"anyOf": […]}.')
    hints, descriptions = hints_of(function), parameter_descriptions(function)
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    context_parameter = None
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind not in PASSED_BY_NAME:
            message = f"The parameter {parameter} of {function.__name__} cannot be passed by name, as clients do."
            raise DeclarationError("mcp_api.E003", message, "Name each parameter: no *args, **kwargs, and no `/`.")
        hint = hints.get(name, Any)
        if is_injected(hint):
            if context_parameter is not None:
                message = f"{function.__name__} takes two Contexts, {context_parameter} and {name}."
                raise DeclarationError("mcp_api.E003", message, "There is one for each call: remove one of them.")
            context_parameter = name
            continue
        _require_no_alias(function.__name__, name, hint, parameter.default)
        require_no_rows(f"The parameter {name} of {function.__name__} is", hint, KEY_HINT)
        field_name = f"argument_{len(names)}"
        names[field_name] = name
        fields[field_name] = field_of(name, hint, parameter.default, descriptions.get(name))
    with schema_errors_reported(function):
        config = ConfigDict(extra="forbid", hide_input_in_errors=True)
        model = create_model(function.__name__, __config__=config, **fields)
        arguments = Arguments(model, names, context_parameter, *bounded(model), keywords or {})
        described = arguments.json_schema()
    require_readable(function.__name__, model.__pydantic_core_schema__)
    for name, parameter_schema in described["properties"].items():
        require_fit_constraints(function.__name__, name, parameter_schema)
    if keywords:
        _require_valid_keywords(function.__name__, arguments)
    return arguments


def _require_no_alias(function: str, name: str, hint: Any, default: Any) -> None:
    """Raise DeclarationError for a parameter with an alias, which the function could not be called by."""
    if any(each.alias or each.validation_alias or each.serialization_alias for each in _fields(hint, default)):
        message = f"The parameter {name} of {function} has an alias, which clients would not see."
        raise DeclarationError(SCHEMA_CHECK, message, "Give the parameter that name itself.")


def field_of(name: str, hint: Any, default: Any, description: str | None = None) -> Any:
    """Return a pydantic field for a parameter. `default` may be empty, a value, or pydantic's own Field(…).

    `description` is that of the docstring; one in a Field(…) comes first.
    """
    described = any(each.description for each in _fields(hint, default))
    extra: dict[str, Any] = {} if described or description is None else {"description": description}
    if isinstance(default, FieldInfo):
        return Annotated[hint, default], Field(alias=name, **extra)
    return hint, Field(... if default is inspect.Parameter.empty else default, alias=name, **extra)


def _fields(hint: Any, default: Any) -> list[FieldInfo]:
    return [each for each in (default, *getattr(hint, "__metadata__", ())) if isinstance(each, FieldInfo)]


def _require_valid_keywords(name: str, arguments: Arguments) -> None:
    clash = arguments.keywords.keys() & SIGNATURE_KEYWORDS
    if clash:
        message = f"schema= of {name} sets {', '.join(sorted(clash))}, which the signature sets."
        raise DeclarationError(SCHEMA_CHECK, message, "Change the signature instead.")
    try:
        Draft202012Validator.check_schema(arguments.json_schema())
    except SchemaError as error:
        message = f"schema= of {name}: invalid JSON Schema: {error.message}"
        raise DeclarationError(SCHEMA_CHECK, message, "Use keywords of JSON Schema 2020-12, such as anyOf.") from error
    for reference in unresolved(arguments.keywords, arguments.json_schema()):
        message = f"schema= of {name} refers to {reference!r}, which is no part of it."
        raise DeclarationError(SCHEMA_CHECK, message, "Write that part of the schema out.")


def _explained(error: ValidationError) -> tuple[str, str]:
    """The sentences for the client and for the audit log. Of very many problems, explaining each would take longer than
    finding it.
    """
    count = error.error_count()
    if count > MOST_EXPLAINED:
        return f"{count} values do not fit the schema.", f"arguments: {count} problems"
    return explain(error), summarize(error)


def accepts_text(schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Return whether a value of `schema` can be written as text: `schema` allows more than arrays, objects and null."""
    if "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return any(accepts_text(option, definitions) for option in options)
    return schema.get("type") not in ("array", "object", "null")
