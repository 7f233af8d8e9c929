"""From a function's signature to JSON Schema: arguments checked on their way in, results on their way out."""

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import to_json

from mcp_api.context import Context

MOST_PROBLEMS_TOLD = 5


class WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of each name: they tell a model nothing, and cost it tokens."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class InvalidArguments(Exception):
    """Arguments that a tool cannot take; the text tells the model what to mend."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a function takes."""

    model: type[BaseModel]
    # parameter name by model field name: a parameter may be called anything, a pydantic field may not
    names: dict[str, str]
    context_parameter: str | None

    def json_schema(self) -> dict[str, Any]:
        schema = self.model.model_json_schema(by_alias=True, schema_generator=WithoutTitles)
        schema.pop("title", None)
        return {"type": "object", "properties": {}, **schema}

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """`arguments` as keyword arguments for the function. Raises InvalidArguments."""
        try:
            checked = self.model.model_validate(arguments)
        except ValidationError as error:
            raise InvalidArguments(explain(error)) from error
        return {name: getattr(checked, field) for field, name in self.names.items()}


@dataclass(frozen=True, slots=True)
class Result:
    """What a function returns."""

    adapter: TypeAdapter[Any]
    # MCP's structured content is an object; anything else is wrapped in {"result": …}.
    wrapped: bool

    def json_schema(self) -> dict[str, Any]:
        schema = self.adapter.json_schema(mode="serialization", schema_generator=WithoutTitles)
        if not self.wrapped:
            return schema
        definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
        return {"type": "object", "properties": {"result": schema}, "required": ["result"], **definitions}

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]:
        """Text for the model and structured content. Raises pydantic's ValidationError where `value` is not that."""
        checked = self.adapter.validate_python(value)
        plain = self.adapter.dump_python(checked, mode="json", by_alias=True)
        text = plain if isinstance(plain, str) else to_json(plain).decode()
        return text, {"result": plain} if self.wrapped else plain


def arguments_of(function: Callable[..., Any]) -> Arguments:
    """The parameters of `function`, but for the one that is annotated Context."""
    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    context_parameter = None
    for name, parameter in inspect.signature(function).parameters.items():
        if hints.get(name) is Context:
            context_parameter = name
            continue
        default = ... if parameter.default is parameter.empty else parameter.default
        field = f"argument_{len(names)}"
        names[field] = name
        fields[field] = (hints[name], Field(default, alias=name, title=None))
    model = create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)
    return Arguments(model, names, context_parameter)


def result_of(function: Callable[..., Any]) -> Result | None:
    """What `function` says it returns; None where it says nothing, or None."""
    annotation = typing.get_type_hints(function, include_extras=True).get("return")
    if annotation is None or annotation is type(None):
        return None
    adapter: TypeAdapter[Any] = TypeAdapter(annotation)
    return Result(adapter, wrapped=adapter.json_schema(mode="serialization").get("type") != "object")


def explain(error: ValidationError) -> str:
    """What is wrong, a line for each problem, in the client's own names."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}" for problem in problems]
    return "\n".join(lines[:MOST_PROBLEMS_TOLD])
