"""The query arguments of a view's filter backends and pages, as JSON Schema.

REST framework's own backends say theirs for OpenAPI. Those of django-filter did so until version 25.1; their filtersets
are read here. The library is optional, and is imported where a view uses it alone.
"""

import copy
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.checks import Warning
from django.db import models

from mcp_api.integrations.json_schema import Schema
from mcp_api.integrations.rest_schema import query_parameters
from mcp_api.schemas import declaration_errors
from mcp_api.schemas.declaration_errors import place_of

# The first that fits: floats and decimals are integer fields by inheritance.
TYPES: tuple[tuple[type[forms.Field], Schema], ...] = (
    (forms.FloatField, {"type": "number"}),
    (forms.DecimalField, {"type": "number"}),
    (forms.IntegerField, {"type": "integer"}),
    (forms.NullBooleanField, {"type": "boolean"}),
    (forms.BooleanField, {"type": "boolean"}),
    (forms.DateTimeField, {"type": "string", "format": "date-time"}),
    (forms.DateField, {"type": "string", "format": "date"}),
    (forms.UUIDField, {"type": "string", "format": "uuid"}),
)
TEXT: Schema = {"type": "string"}


def query_arguments(view: Any, model: type[models.Model] | None) -> dict[str, Schema]:
    """Return the arguments of a list of `view`: those of its filters, and those of a page."""
    found: dict[str, Schema] = {}
    for backend in view.filter_backends:
        found |= filter_arguments(backend(), view, model)
    if hasattr(view.paginator, "get_schema_operation_parameters"):
        found |= query_parameters(view.paginator.get_schema_operation_parameters(view))
    return found


def filter_arguments(backend: Any, view: Any, model: type[models.Model] | None) -> dict[str, Schema]:
    if hasattr(backend, "get_filterset_class"):
        queryset = None if model is None else model._default_manager.none()
        filterset = backend.get_filterset_class(view, queryset)
        return {} if filterset is None else dict(filterset_arguments(filterset, model))
    if hasattr(backend, "get_schema_operation_parameters"):
        return query_parameters(backend.get_schema_operation_parameters(view))
    note_unknown(type(backend), type(view))
    return {}


def note_unknown(backend: type[Any], view: type[Any]) -> None:
    message = f"The filters of {backend.__name__} do not become arguments of {view.__name__}'s tools."
    hint = "Give it get_schema_operation_parameters(view), as the backends of REST framework have."
    warning = Warning(message, hint=hint, obj=place_of(view), id="mcp_api.W004")
    if warning not in declaration_errors.noted:
        declaration_errors.noted.append(warning)


def filterset_arguments(filterset: Any, model: type[models.Model] | None) -> Iterator[tuple[str, Schema]]:
    """The arguments of a filterset of django-filter: several of a range, such as price_min and price_max."""
    from django_filters import AllValuesFilter, AllValuesMultipleFilter

    for name, declared in filterset.base_filters.items():
        each = copy.deepcopy(declared)
        # It names itself after the model's field.
        if (named_by := filterset._meta.model or model) is not None:
            each.model = named_by
        # Their choices are what the database has at the moment: it is not asked while Django starts.
        if isinstance(each, AllValuesFilter | AllValuesMultipleFilter):
            several = isinstance(each, AllValuesMultipleFilter)
            yield name, described({"type": "array", "items": TEXT} if several else TEXT, each.label)
            continue
        field = each.field
        about = explanation(field, each.label)
        suffixes = getattr(field.widget, "suffixes", None)
        if suffixes is None:
            yield name, described(schema_of(field), about)
            continue
        for suffix, inner in zip(suffixes, field.fields, strict=False):
            full = f"{name}_{suffix}" if suffix else name
            yield full, described(schema_of(inner), f"{about} ({suffix})" if about and suffix else about)


def described(schema: Schema, about: Any) -> Schema:
    return {**schema, "description": str(about)} if about else schema


def schema_of(field: Any) -> Schema:
    """The type of a form's field, as it is written in a query."""
    from django_filters.fields import BaseCSVField

    if isinstance(field, BaseCSVField):
        return TEXT
    if isinstance(field, forms.ModelChoiceField):
        key = key_of(field)
        return {"type": "array", "items": key} if isinstance(field, forms.ModelMultipleChoiceField) else key
    if isinstance(field, forms.MultipleChoiceField):
        return {"type": "array", "items": choices_of(field)}
    if isinstance(field, forms.ChoiceField):
        return choices_of(field)
    return next((dict(schema) for kind, schema in TYPES if isinstance(field, kind)), TEXT)


def explanation(field: Any, label: Any) -> str:
    """Return the description of a field: its help text or label, and how several values are written in one text."""
    from django_filters.fields import BaseCSVField

    about = str(field.help_text or label or "")
    if not isinstance(field, BaseCSVField):
        return about
    values = ", ".join(map(str, values_of(field))) if isinstance(field, forms.ChoiceField) else ""
    several = f"Several are separated by commas, without spaces{f': any of {values}' if values else ''}."
    return f"{about.rstrip('.')}. {several}" if about else several


def choices_of(field: Any) -> Schema:
    values = values_of(field)
    kinds = {str: "string", int: "integer"}
    held = {type(value) for value in values}
    return {**({"type": kinds[held.pop()]} if len(held) == 1 else {}), "enum": values}


def values_of(field: Any) -> list[str | int]:
    """The values that `field` knows, as a form takes them: text, or a whole number."""
    values = [value for value in flattened(field.choices) if value not in ("", None)]
    return [
        int(value) if type(value) is int or isinstance(value, models.IntegerChoices) else str(value) for value in values
    ]


def flattened(choices: Any) -> Iterator[Any]:
    """The values of choices, of which some may be in groups."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from flattened(label)
        else:
            yield value


def key_of(field: Any) -> Schema:
    model = field.queryset.model
    key = model._meta.get_field(field.to_field_name) if field.to_field_name else model._meta.pk
    if isinstance(key, models.IntegerField):
        return {"type": "integer"}
    return {"type": "string", "format": "uuid"} if isinstance(key, models.UUIDField) else TEXT
