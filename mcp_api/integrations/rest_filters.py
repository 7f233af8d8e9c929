"""The query arguments of a view's filter backends and pages, as JSON Schema.

REST framework's own backends declare their arguments for OpenAPI. django-filter's did so until version 25.1: its
filtersets are read here. The library is optional, and is imported only for a view that uses it.
"""

import copy
import logging
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.checks import Warning
from django.db import models
from rest_framework.filters import OrderingFilter

from mcp_api.integrations.json_schema import Schema
from mcp_api.integrations.rest_action import is_custom
from mcp_api.integrations.rest_schema import query_parameters
from mcp_api.schemas import declaration_errors
from mcp_api.schemas.declaration_errors import dotted_name

logger = logging.getLogger(__name__)

# The first match counts: FloatField and DecimalField are subclasses of IntegerField.
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


def arguments_of_filters(view: Any, model: type[models.Model] | None) -> dict[str, Schema]:
    schemas: dict[str, Schema] = {}
    for backend in view.filter_backends:
        schemas |= filter_arguments(backend(), view, model)
    return schemas


def arguments_of_pages(view: Any) -> dict[str, Schema]:
    if not hasattr(view.paginator, "get_schema_operation_parameters"):
        return {}
    return query_parameters(view.paginator.get_schema_operation_parameters(view))


def filter_arguments(backend: Any, view: Any, model: type[models.Model] | None) -> dict[str, Schema]:
    if hasattr(backend, "get_filterset_class"):
        queryset = None if model is None else model._default_manager.none()
        filterset = backend.get_filterset_class(view, queryset)
        return {} if filterset is None else dict(filterset_arguments(filterset, model))
    if hasattr(backend, "get_schema_operation_parameters"):
        return with_orders(query_parameters(backend.get_schema_operation_parameters(view)), backend, view, model)
    warn_of_unknown(type(backend), type(view))
    return {}


def with_orders(
    schemas: dict[str, Schema], backend: Any, view: Any, model: type[models.Model] | None
) -> dict[str, Schema]:
    """Return `schemas` with the fields by which an OrderingFilter of REST framework sorts."""
    if not isinstance(backend, OrderingFilter) or model is None or backend.ordering_param not in schemas:
        return schemas
    if any(is_custom(type(backend), name) for name in ("get_ordering", "remove_invalid_fields")):
        return schemas
    queryset = view.queryset if getattr(view, "queryset", None) is not None else model._default_manager.none()
    try:
        fields = [name for name, _ in backend.get_valid_fields(queryset, view)]
    except Exception:
        # They may depend on the request. Then the argument is any string.
        logger.info("The orders of %s depend on its request.", type(view).__name__, exc_info=True)
        return schemas
    return {**schemas, backend.ordering_param: orders_of(fields)} if fields else schemas


def orders_of(fields: list[str]) -> Schema:
    """Return the schema of names of `fields`, separated by commas, each with or without a minus sign."""
    field = f"-?({'|'.join(map(re.escape, fields))})"
    about = f"Fields to sort by, separated by commas; -{fields[0]} reverses the order. Fields: {', '.join(fields)}."
    return {**TEXT, "description": about, "pattern": f"^{field}(, ?{field})*$"}


def warn_of_unknown(backend: type[Any], view: type[Any]) -> None:
    message = f"{view.__name__} has the filter backend {backend.__name__}, whose arguments are unknown to its tools."
    hint = "Add a method get_schema_operation_parameters(view), as the backends of REST framework have."
    warning = Warning(message, hint=hint, obj=dotted_name(view), id="mcp_api.W004")
    if warning not in declaration_errors.warnings:
        declaration_errors.warnings.append(warning)


def filterset_arguments(filterset: Any, model: type[models.Model] | None) -> Iterator[tuple[str, Schema]]:
    """The arguments of a filterset of django-filter. A range has several, such as price_min and price_max."""
    from django_filters import AllValuesFilter, AllValuesMultipleFilter

    for name, declared in filterset.base_filters.items():
        each = copy.deepcopy(declared)
        label = label_of(each, filterset._meta.model or model)
        # Their choices are the values in the database, which is not read while Django starts.
        if isinstance(each, AllValuesFilter | AllValuesMultipleFilter):
            is_multiple = isinstance(each, AllValuesMultipleFilter)
            yield name, described({"type": "array", "items": TEXT} if is_multiple else TEXT, label)
            continue
        field = each.field
        about = description_of(field, label)
        suffixes = getattr(field.widget, "suffixes", None)
        if suffixes is None:
            yield name, described(schema_of(field), about)
            continue
        for suffix, inner in zip(suffixes, field.fields, strict=False):
            full = f"{name}_{suffix}" if suffix else name
            yield full, described(schema_of(inner), f"{about} ({suffix})" if about and suffix else about)


def label_of(declared: Any, model: type[models.Model] | None) -> Any:
    """The label that the filter declares, or django-filter's label of its model field; None if it has neither."""
    from django_filters.utils import verbose_field_name

    label = declared.label
    if label is not None or model is None:
        return label
    # The filter's label, and its choices, may come from the model.
    declared.model = model
    # A filter that is a method, for example, may have no model field.
    has_name = verbose_field_name(model, declared.field_name) != verbose_field_name(model, None)
    return declared.label if has_name else None


def described(schema: Schema, about: Any) -> Schema:
    return {**schema, "description": str(about)} if about else schema


def schema_of(field: Any) -> Schema:
    """The type of a form field's value in a query."""
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


def description_of(field: Any, label: Any) -> str:
    """Return the description of a field: its help text or label, and the syntax of several values in one string."""
    from django_filters.fields import BaseCSVField

    about = str(field.help_text or label or "")
    if not isinstance(field, BaseCSVField):
        return about
    values = ", ".join(map(str, values_of(field))) if isinstance(field, forms.ChoiceField) else ""
    syntax = f"Several values are separated by commas, without spaces{f': any of {values}' if values else ''}."
    return f"{about.rstrip('.')}. {syntax}" if about else syntax


def choices_of(field: Any) -> Schema:
    values = values_of(field)
    types = {type(value) for value in values}
    names = {str: "string", int: "integer"}
    return {**({"type": names[types.pop()]} if len(types) == 1 else {}), "enum": values}


def values_of(field: Any) -> list[str | int]:
    """The values of the choices of `field`, as strings or integers."""
    values = [value for value in flattened(field.choices) if value not in ("", None)]
    return [
        int(value) if type(value) is int or isinstance(value, models.IntegerChoices) else str(value) for value in values
    ]


def flattened(choices: Any) -> Iterator[Any]:
    """The values of choices, and of groups of choices."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from flattened(label)
        else:
            yield value


def key_of(field: Any) -> Schema:
    """The type of the key that a model choice field takes."""
    model = field.queryset.model
    key = model._meta.get_field(field.to_field_name) if field.to_field_name else model._meta.pk
    if isinstance(key, models.IntegerField):
        return {"type": "integer"}
    return {"type": "string", "format": "uuid"} if isinstance(key, models.UUIDField) else TEXT
