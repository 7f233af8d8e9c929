"""REST framework's serializers, filters and pagination as JSON Schema (2020-12).

REST framework maps them to OpenAPI 3.0 itself. Here is what that leaves open: what goes in is not what comes
out, a null is a type, and of what nobody knows the shape nothing is claimed.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.schemas.openapi import AutoSchema

from mcp_api.integrations.json_schema import Schema

# What of a mapped field holds for whatever a database has: values may be older than their validators.
SURE = ("type", "items", "properties", "required", "anyOf")
# Keywords of OpenAPI, and patterns, whose dialect is Python's.
FOREIGN = ("readOnly", "writeOnly", "nullable", "example", "pattern", "format")
FORMATS = ("date", "date-time", "email", "uri", "uuid")
# Fields whose values are known by their class, in both directions.
PLAIN = (
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
    """What a serializer takes: its writable fields."""

    def map_serializer(self, serializer: Any) -> Schema:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for field in serializer.fields.values():
            if field.read_only or isinstance(field, serializers.HiddenField):
                continue
            properties[field.field_name] = self.described(field)
            if field.required and not serializer.partial:
                required.append(field.field_name)
        wanted = {"required": required} if required else {}
        return {"type": "object", "properties": properties, **wanted, "additionalProperties": False}

    def described(self, field: Any) -> Schema:
        schema = dict(self.map_field(field))
        self.map_field_validators(field, schema)
        if field.help_text:
            schema["description"] = str(field.help_text)
        if is_told(field.default):
            schema["default"] = field.default
        if getattr(field, "allow_blank", False) and "enum" in schema:
            schema["enum"] = [*schema["enum"], ""]
        return nullable(cleaned(schema)) if field.allow_null else cleaned(schema)

    def map_field(self, field: Any) -> Schema:
        if isinstance(field, serializers.DecimalField):
            # Either is read; a string keeps its digits.
            return {"type": ["number", "string"]}
        if isinstance(field, serializers.JSONField):
            return {}
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            return {"type": ["integer", "string"]}
        return dict(super().map_field(field))


class ResponseSchema(AutoSchema):
    """What comes out of a serializer: only what holds for certain, as clients reject what does not fit."""

    def map_serializer(self, serializer: Any) -> Schema:
        if is_overridden(serializer, serializers.Serializer, serializers.ModelSerializer):
            return {"type": "object"}
        fields = [field for field in serializer.fields.values() if not field.write_only]
        return {"type": "object", "properties": {field.field_name: self.described(field) for field in fields}}

    def described(self, field: Any) -> Schema:
        schema = {keyword: value for keyword, value in self.map_field(field).items() if keyword in SURE}
        # A read-only field is null wherever there is nothing to read.
        return nullable(schema) if field.allow_null or field.read_only else schema

    def map_field(self, field: Any) -> Schema:
        if isinstance(field, serializers.ListSerializer | serializers.Serializer):
            return dict(super().map_field(field))
        if isinstance(field, serializers.ListField | serializers.ManyRelatedField | serializers.MultipleChoiceField):
            return {"type": "array"}
        if isinstance(field, PLAIN) and not is_overridden(field, *PLAIN):
            return {} if isinstance(field, serializers.ChoiceField) else dict(super().map_field(field))
        return {}


def is_overridden(field: Any, *known: type) -> bool:
    """Whether a project's own class says how `field` looks outside."""
    return type(field).to_representation not in {each.to_representation for each in known}  # type: ignore[attr-defined]


def is_told(default: Any) -> bool:
    return isinstance(default, str | int | float | bool) and default is not serializers.empty


def nullable(schema: Schema) -> Schema:
    """`schema`, or null."""
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
    kept = {keyword: number(value) for keyword, value in schema.items() if keyword not in FOREIGN}
    if schema.get("format") in FORMATS:
        kept["format"] = schema["format"]
    return kept


def number(value: Any) -> Any:
    """A decimal as JSON has it."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def query_parameters(declared: Iterable[Schema]) -> dict[str, Schema]:
    """The schemas of OpenAPI query parameters, by name."""
    return {
        each["name"]: {**cleaned(each.get("schema", {})), "description": str(each.get("description", ""))}
        for each in declared
        if each.get("in") == "query"
    }


def envelope(paginator: Any, rows: Schema) -> Schema:
    """What a page of `rows` looks like."""
    schema: Schema = paginator.get_paginated_response_schema(rows)
    properties = {
        name: rows if inner is rows else nullable(cleaned(inner)) if inner.get("nullable") else cleaned(inner)
        for name, inner in schema["properties"].items()
    }
    # Addresses are told for people; an empty page may lack them.
    return {"type": "object", "properties": properties, "required": schema.get("required", [])}
