"""The forms that elicitation allows: flat, of strings, numbers, booleans and choices (spec: client/elicitation)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mcp_api.offers.json_schema_validator import violations
from mcp_api.problems import Unfit, explain_violations, summarize_violations

SIMPLE = {"string", "number", "integer", "boolean"}
# What a form can say of a field (PrimitiveSchemaDefinition). All else is checked once it was filled in.
SAID = {"type", "title", "description", "default", "format", "enum", "enumNames", "oneOf", "items"}
SAID |= {"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
FORMATS = {"email", "uri", "date", "date-time"}


@dataclass(frozen=True, slots=True)
class Form:
    schema: dict[str, Any]
    # What was filled in as the author wants it. Raises Unfit, or pydantic's ValidationError, where it does not fit.
    check: Callable[[dict[str, Any]], Any]

    def says_no(self, content: dict[str, Any]) -> bool:
        """Whether the form is a single boolean, and `content` does not set it."""
        fields = list(self.schema["properties"].items())
        return [each.get("type") for _, each in fields] == ["boolean"] and content.get(fields[0][0]) is not True


def form_of(schema: type[BaseModel] | dict[str, Any]) -> Form:
    """A form for a flat pydantic model, whose instances are its data, or for a JSON Schema (data: dict).

    Raises TypeError where clients could make no form of it.
    """
    if isinstance(schema, dict):
        _require_flat(schema)
        return Form(schema, lambda content: _conforming(content, schema))
    model = schema
    made = _flattened(model.model_json_schema())
    _require_flat(made)
    return Form(made, model.model_validate)


def _conforming(content: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found = violations(schema, content)
    if found:
        raise Unfit(explain_violations(found, "form"), summarize_violations(found, schema, "form"))
    return content


def _flattened(schema: dict[str, Any]) -> dict[str, Any]:
    """What pydantic makes of a flat model, without the references, nulls and keywords that forms do not know."""
    definitions = schema.get("$defs", {})
    properties = {name: _plain(described, definitions) for name, described in schema.get("properties", {}).items()}
    required = {"required": schema["required"]} if schema.get("required") else {}
    return {"type": "object", "properties": properties, **required}


def _plain(described: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    own = dict(described)
    options = own.pop("anyOf", [])
    if "$ref" in own:
        own = {**definitions[own.pop("$ref").rpartition("/")[2]], **own}
    if "const" in own:
        own["enum"] = [own["const"]]
    present = [option for option in options if option.get("type") != "null"]
    if len(present) == 1:
        own = {**_plain(present[0], definitions), **own}
        if own.get("default", ...) is None:
            del own["default"]
    if "items" in own:
        own["items"] = _plain(own["items"], definitions)
    if own.get("format") not in FORMATS:
        own.pop("format", None)
    return {keyword: value for keyword, value in own.items() if keyword in SAID}


def _require_flat(schema: dict[str, Any]) -> None:
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict):
        raise TypeError("A form is asked for by an object with properties.")
    for name, described in properties.items():
        if not _is_simple(described) and not _is_choice_of_many(described):
            raise TypeError(f"{name}: a form holds strings, numbers, booleans and choices of strings, no {described}.")


def _is_simple(described: dict[str, Any]) -> bool:
    choices = described.get("enum", [])
    return described.get("type") in SIMPLE and all(isinstance(choice, str) for choice in choices)


def _is_choice_of_many(described: dict[str, Any]) -> bool:
    items = described.get("items", {})
    return described.get("type") == "array" and ("enum" in items or "anyOf" in items)
