"""Forms of elicitation: flat, with strings, numbers, booleans and choices (spec: client/elicitation)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from mcp_api.errors import AuthorError
from mcp_api.input_requests.form_fields import SIMPLE, FormSchema, content_of, fields_of, settle
from mcp_api.schemas.bounded_collections import bounded
from mcp_api.schemas.validation_messages import Unfit, explain_violations, summarize_violations
from mcp_api.schemas.validator import violations

# Forms of models that are kept, one for each language.
MOST_MODELS = 256

# Hints for fields that no form can show.
FLAT = "Forms are flat: put its fields into the form itself, or ask for it in a separate question."
OF_CHOICES = 'A list in a form is a list of choices: list[Literal["a", "b"]], or a list of an Enum.'


class UnfitForm(AuthorError, TypeError):
    """A form that clients cannot show. The message names the field, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form's JSON Schema, and its validation."""

    schema: dict[str, Any]
    # Returns the data for the content of the form. Raises Unfit, or pydantic's ValidationError, for invalid content.
    check: Callable[[dict[str, Any]], Any]

    def is_negative(self, content: dict[str, Any]) -> bool:
        """Return whether the form is a single boolean, and `content` does not set it."""
        fields = list(self.schema["properties"].items())
        return [each.get("type") for _, each in fields] == ["boolean"] and content.get(fields[0][0]) is not True


def form_of(schema: type[BaseModel] | dict[str, Any]) -> Form:
    """Return a form for a pydantic model, whose instances are its data, or for a JSON Schema (data: dict).

    Raises UnfitForm for a schema that clients cannot show as a form.
    """
    if isinstance(schema, dict):
        _require_flat(schema, "The form")
        return Form(schema, lambda content: _conforming(content, schema))
    return _form_of_model(_required_model(schema), get_language())


def _required_model(given: Any) -> type[BaseModel]:
    """Return `given`. Raises UnfitForm if it is not a pydantic model."""
    if isinstance(given, type) and issubclass(given, BaseModel):
        return given
    name = given.__name__ if isinstance(given, type) else f"a {type(given).__name__}"
    raise UnfitForm(f"A form needs a pydantic model or a JSON Schema, not {name}.")


@lru_cache(maxsize=MOST_MODELS)
def _form_of_model(model: type[BaseModel], language: str | None) -> Form:
    """Return the form for a model, with its texts in `language`, the current one.

    Each attempt of a call that asks needs it, and its validator takes long to make.
    """
    described = _schema_of(model)
    definitions = described.get("$defs", {})
    root = _root(described)
    fields = list(fields_of(root, definitions, seen=frozenset({described.get("$ref", "").rpartition("/")[2]})))
    required = [each.name for each in fields if each.required]
    properties = {each.name: each.schema for each in fields}
    made = {"type": "object", "properties": properties, **({"required": required} if required else {})}
    _require_flat(made, model.__name__)
    _, validator = bounded(model)

    def check(filled: dict[str, Any]) -> Any:
        content = content_of(filled, fields)
        settle(content, root, definitions)
        return validator.validate_python(content)

    return Form(made, check)


def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of `model`. Raises UnfitForm if it has none."""
    try:
        return model.model_json_schema(schema_generator=FormSchema)
    except PydanticUserError as error:
        raise UnfitForm(f"{model.__name__} has no JSON Schema: {error.message}") from error


def _conforming(content: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found = violations(schema, content)
    if found:
        raise Unfit(explain_violations(found, "form"), summarize_violations(found, schema, "form"))
    return content


def _root(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the model itself, which is a definition if it refers to itself."""
    return schema["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _require_flat(schema: dict[str, Any], form: str) -> None:
    """Raise UnfitForm unless each field of `form` is a string, a number, a boolean or a choice."""
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict):
        raise UnfitForm("The schema of a form must be an object with properties.")
    for name, described in properties.items():
        if not _is_simple(described) and not _is_choice_of_many(described):
            raise UnfitForm(f"{form} cannot be a form because of its field {name}: {_unfit(described)}")


def _unfit(described: dict[str, Any]) -> str:
    """Return the reason why a form cannot have such a field, and what to write instead."""
    match described:
        case {"type": "object"}:
            return f"It is a model or another object. {FLAT}"
        case {"type": "array", "items": {"type": "object"}}:
            return f"It is a list of models or other objects. {FLAT}"
        case {"type": "array"}:
            return f"It is a list of other values than choices. {OF_CHOICES}"
        case {"type": kind, "enum": _} if kind in SIMPLE:
            return "Its choices are not strings. Make them strings, and convert the chosen one."
        case _:
            return "It has several types, or any type. A field is one string, number, boolean or choice of strings."


def _is_simple(described: dict[str, Any]) -> bool:
    choices = described.get("enum", [])
    return described.get("type") in SIMPLE and all(isinstance(choice, str) for choice in choices)


def _is_choice_of_many(described: dict[str, Any]) -> bool:
    items = described.get("items", {})
    return described.get("type") == "array" and ("enum" in items or "anyOf" in items)
