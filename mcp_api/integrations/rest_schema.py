"""REST framework's serializers, filters and pagination as JSON Schema (2020-12).

REST framework maps them to OpenAPI 3.0. These classes differ: requests and responses have schemas of their own, null is
a type, and a value of unknown form has an empty schema.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers
from rest_framework.schemas.openapi import AutoSchema

from mcp_api.integrations.json_schema import Schema

# Keywords that hold for each stored value: validators may be newer than the values.
RESPONSE_KEYWORDS = ("type", "items", "properties", "required", "anyOf")
# Keywords of OpenAPI alone, patterns (in Python's dialect), and formats, of which FORMATS are kept.
DROPPED_KEYWORDS = ("readOnly", "writeOnly", "nullable", "example", "pattern", "format")
FORMATS = ("date", "date-time", "email", "uri", "uuid")
# Fields whose class determines the type of their values, in requests and in responses.
PLAIN_FIELDS = (
    serializers.BooleanField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.DecimalField,
    serializers.DurationField,
    serializers.FloatField,
    serializers.IntegerField,
    serializers.IPAddressField,
    serializers.TimeField,
    serializers.UUIDField,
    serializers.StringRelatedField,
)


class RequestSchema(AutoSchema):
    """Schemas of request bodies: the writable fields of a serializer."""

    def map_serializer(self, serializer: Any) -> Schema:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for field in serializer.fields.values():
            # JSON has no files.
            if field.read_only or isinstance(field, serializers.HiddenField | serializers.FileField):
                continue
            properties[field.field_name] = self.described(field)
            if field.required and not serializer.partial:
                required.append(field.field_name)
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def described(self, field: Any) -> Schema:
        schema = dict(self.map_field(field))
        self.map_field_validators(field, schema)
        if field.help_text:
            schema["description"] = str(field.help_text)
        if is_plain_default(field.default):
            schema["default"] = field.default
        if getattr(field, "allow_blank", False) and "enum" in schema:
            schema["enum"] = [*schema["enum"], ""]
        return nullable(cleaned(schema)) if field.allow_null else cleaned(schema)

    def map_field(self, field: Any) -> Schema:
        if isinstance(field, serializers.DecimalField):
            # Both are accepted; a string keeps all digits.
            return {"type": ["number", "string"]}
        if isinstance(field, serializers.JSONField):
            return {}
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            return {"type": ["integer", "string"]}
        return dict(super().map_field(field))


class ResponseSchema(AutoSchema):
    """Schemas of responses. They state only what is certain, as clients reject a result that does not fit."""

    def map_serializer(self, serializer: Any) -> Schema:
        if is_overridden(serializer, serializers.Serializer, serializers.ModelSerializer):
            return {"type": "object"}
        fields = [field for field in serializer.fields.values() if not field.write_only]
        return {"type": "object", "properties": {field.field_name: self.described(field) for field in fields}}

    def described(self, field: Any) -> Schema:
        schema = {keyword: value for keyword, value in self.map_field(field).items() if keyword in RESPONSE_KEYWORDS}
        # A read-only field is null where an attribute of its source is missing.
        return nullable(schema) if field.allow_null or field.read_only else schema

    def map_field(self, field: Any) -> Schema:
        if isinstance(field, serializers.ListSerializer | serializers.Serializer):
            return dict(super().map_field(field))
        if isinstance(field, serializers.ListField | serializers.ManyRelatedField | serializers.MultipleChoiceField):
            return {"type": "array"}
        if not isinstance(field, PLAIN_FIELDS) or is_overridden(field, *PLAIN_FIELDS):
            return {}
        return choice_schema(field) if isinstance(field, serializers.ChoiceField) else dict(super().map_field(field))


def choice_schema(field: Any) -> Schema:
    """Return the type of a choice field's values: that of its choices, if its model's field has the same type.

    Any other source may have values of further types: REST framework returns an unknown value as it is.
    """
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    try:
        source = model._meta.get_field(field.source)  # type: ignore[union-attr]
    except (AttributeError, FieldDoesNotExist):
        return {}
    if hasattr(source, "from_db_value"):
        return {}
    if isinstance(source, models.CharField | models.TextField) and all(isinstance(each, str) for each in field.choices):
        return {"type": "string"}
    if isinstance(source, models.IntegerField) and all(
        type(each) is not bool and isinstance(each, int) for each in field.choices
    ):
        return {"type": "integer"}
    return {}


def is_overridden(field: Any, *known: type) -> bool:
    """Return whether the `to_representation` of `field` is none of those of the `known` classes."""
    return type(field).to_representation not in {each.to_representation for each in known}  # type: ignore[attr-defined]


def is_plain_default(default: Any) -> bool:
    return isinstance(default, str | int | float | bool) and default is not serializers.empty


def nullable(schema: Schema) -> Schema:
    """Return a schema of the values of `schema`, and null."""
    match schema:
        case {"type": str(kind)} if "enum" not in schema:
            return {**schema, "type": [kind, "null"]}
        case {"type": list(kinds)} if "enum" not in schema:
            return {**schema, "type": [*kinds, "null"]}
        case {} if not schema:
            return schema
        case _:
            return {"anyOf": [schema, {"type": "null"}]}


def cleaned(schema: Schema) -> Schema:
    """Return an OpenAPI schema without the keywords that JSON Schema does not have."""
    kept = {keyword: number(value) for keyword, value in schema.items() if keyword not in DROPPED_KEYWORDS}
    if schema.get("format") in FORMATS:
        kept["format"] = schema["format"]
    return kept


def number(value: Any) -> Any:
    """Return a Decimal as int or float, and anything else as it is."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def query_parameters(declared: Iterable[Schema]) -> dict[str, Schema]:
    """Return the schemas of OpenAPI query parameters, by name."""
    return {
        each["name"]: {**cleaned(each.get("schema", {})), "description": str(each.get("description", ""))}
        for each in declared
        if each.get("in") == "query"
    }


def page_schema(paginator: Any, rows: Schema) -> Schema:
    """Return the schema of a page of `rows`."""
    schema: Schema = paginator.get_paginated_response_schema(rows)
    properties = {
        name: rows if inner is rows else nullable(cleaned(inner)) if inner.get("nullable") else cleaned(inner)
        for name, inner in schema["properties"].items()
    }
    # Without the formats of the links: an empty page may have no link.
    return {"type": "object", "properties": properties, "required": schema.get("required", [])}
