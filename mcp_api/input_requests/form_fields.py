"""Fields of a form for a pydantic model: flat, with strings, numbers, booleans and choices of strings.

The fields of a model within the model are fields of the form itself (`address.street`), choices of other values are
their texts, and a field of several types is a text. The answer is put back into the form of the model.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

Schema = dict[str, Any]

NUMBERS = {"number", "integer"}
SIMPLE = {*NUMBERS, "string", "boolean"}
# The keywords that a form can have for a field (PrimitiveSchemaDefinition). The server checks all others afterwards.
KEYWORDS = {"type", "title", "description", "default", "format", "enum", "enumNames", "oneOf", "items"}
KEYWORDS |= {"minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"}
FORMATS = {"email", "uri", "date", "date-time"}


class FormSchema(GenerateJsonSchema):
    """The schema of a model with numbers for decimals, which pydantic describes as numbers or texts."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> Schema:
        limits: Schema = {}
        self.update_with_validations(limits, schema, self.ValidationsMapping.numeric)
        return {"type": "number", **{name: _number(value) for name, value in limits.items()}}


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a form: its place in the model, its schema, and the values of its choices by their texts."""

    path: tuple[str, ...]
    schema: Schema
    required: bool
    choices: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def value(self, filled: Any) -> Any:
        """Return the value that was chosen. Of an unknown choice, return it as it is, so that the model refuses it."""
        if isinstance(filled, list):
            return [self.choices.get(each, each) if isinstance(each, str) else each for each in filled]
        return self.choices.get(filled, filled) if isinstance(filled, str) else filled


def fields_of(
    model: Schema, definitions: dict[str, Schema], path: tuple[str, ...] = (), seen: frozenset[str] = frozenset()
) -> Iterator[FormField]:
    """The fields of a form for the schema of a model. A model that refers to itself is a field of the type object."""
    required = model.get("required", [])
    for name, described in model.get("properties", {}).items():
        inner, reference, is_optional = _resolved(described, definitions)
        place, is_required = (*path, name), name in required and not is_optional
        if inner.get("type") == "object" and "properties" in inner and reference not in seen:
            title = described.get("title") or inner.get("title", name)
            for each in fields_of(inner, definitions, place, seen | {reference}):
                schema = {**each.schema, "title": f"{title}: {each.schema.get('title', each.path[-1])}"}
                yield FormField(each.path, schema, each.required and is_required, each.choices)
        else:
            yield _field(place, inner, is_required, definitions)


def content_of(filled: dict[str, Any], fields: list[FormField]) -> dict[str, Any]:
    """Return what was filled in as the model has it. Unknown fields stay at the top, for the model to judge."""
    by_name = {each.name: each for each in fields}
    content: dict[str, Any] = {}
    for name, value in filled.items():
        known = by_name.get(name)
        if known is None:
            content[name] = copy.deepcopy(value)
            continue
        place = content
        for part in known.path[:-1]:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place[known.path[-1]] = known.value(value)
    return content


def settle(content: dict[str, Any], model: Schema, definitions: dict[str, Schema]) -> None:
    """Change `content`, which has the form of `model`, for the parts that the person left empty.

    A field that must be given and may be null becomes null. An optional model without a required field is left out if
    all that is filled in are defaults, which clients send unasked.
    """
    required = model.get("required", ())
    for name, described in model.get("properties", {}).items():
        inner, _, is_nullable = _resolved(described, definitions)
        value = content.get(name)
        if isinstance(value, dict) and "properties" in inner:
            settle(value, inner, definitions)
            if (is_nullable or name not in required) and _is_untouched(value, inner):
                del content[name]
        if is_nullable and name in required:
            content.setdefault(name, None)


def _is_untouched(filled: dict[str, Any], model: Schema) -> bool:
    properties = model["properties"]
    is_incomplete = any(name not in filled for name in model.get("required", ()))
    return is_incomplete and all(value == properties.get(name, {}).get("default") for name, value in filled.items())


def _resolved(described: Schema, definitions: dict[str, Schema]) -> tuple[Schema, str, bool]:
    """Return the schema of a field without references and null, the name of its definition, and whether it has null."""
    own = dict(described)
    options = own.pop("anyOf", [])
    present = [option for option in options if option.get("type") != "null"]
    is_optional = len(present) < len(options)
    if len(present) == 1:
        own = {**present[0], **own}
    elif present:
        own = {**_united(present, definitions), **own}
    name = own.pop("$ref").rpartition("/")[2] if "$ref" in own else ""
    own = {**definitions.get(name, {}), **own}
    if is_optional and own.get("default", ...) is None:
        del own["default"]
    return own, name, is_optional


def _united(options: list[Schema], definitions: dict[str, Schema]) -> Schema:
    """Return the schema of a field of several types: a number if all are, otherwise a text that the model reads."""
    kinds = {_resolved(option, definitions)[0].get("type") for option in options}
    if kinds <= NUMBERS:
        return {"type": "number"}
    return {"type": "string"} if kinds <= SIMPLE else {}


def _field(path: tuple[str, ...], own: Schema, required: bool, definitions: dict[str, Schema]) -> FormField:
    if "const" in own:
        own["enum"] = [own["const"]]
    choices: dict[str, Any] = {}
    if own.get("type") in NUMBERS and "default" in own:
        own["default"] = _number(own["default"])
    if "items" in own:
        own["items"], choices = _as_texts(_resolved(own["items"], definitions)[0])
        if choices and isinstance(own.get("default"), list):
            own["default"] = [str(each) for each in own["default"]]
    elif "enum" in own:
        own, choices = _as_texts(own)
    if own.get("format") not in FORMATS:
        own.pop("format", None)
    return FormField(path, {keyword: own[keyword] for keyword in own if keyword in KEYWORDS}, required, choices)


def _number(value: Any) -> Any:
    """Return a decimal, or the text of one, as a number."""
    return float(value) if isinstance(value, Decimal | str) else value


def _as_texts(own: Schema) -> tuple[Schema, dict[str, Any]]:
    """Return a schema whose choices are texts, and the values of those that are none."""
    values = own.get("enum", [])
    choices = {str(value): value for value in values if not isinstance(value, str)}
    kept = {keyword: value for keyword, value in own.items() if keyword in KEYWORDS}
    if not choices:
        return kept, {}
    kept = {**kept, "type": "string", "enum": [str(value) for value in values]}
    if "default" in kept:
        kept["default"] = str(kept["default"])
    return kept, choices
