"""Columns that the parameters of an admin list's URL may reach.

Django lets `?column__startswith=…` filter by every column of the list's own table, shown or not. A count of rows that
changes with the value tells the value, one character at a time.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

# Columns that nobody filters by, even where a page shows a form field for them, as Django's does for a password.
SECRET = re.compile(r"password|secret|checksum|nonce|(^|_)token$|^(code|key|jti|data)$|^code_|^session_(key|data)$")

# The time that a regular expression takes is up to whoever writes the link.
EXPRESSIONS = ("__regex", "__iregex")


class GuardedLookupsMixin(admin.ModelAdmin):
    """A list may be narrowed by the columns that its pages show, and by its own filters."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if lookup.endswith(EXPRESSIONS):
            return False
        columns = columns_of(self.model, lookup)
        if any(SECRET.search(column) for column in columns):
            return False
        if columns and not self._is_shown(columns, request):
            return False
        return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[arg-type]

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Whether `?_to_field=` may replace the primary key in the links of a list."""
        return not SECRET.search(to_field) and bool(super().to_field_allowed(request, to_field))

    def _is_shown(self, columns: list[str], request: HttpRequest | None) -> bool:
        path, pk = LOOKUP_SEP.join(columns), str(self.opts.pk.name)
        allowed = {pk, self.date_hierarchy, *names_of(self._columns_on_pages(request))}
        return path in allowed or columns[0] in allowed

    def _columns_on_pages(self, request: HttpRequest | None) -> Iterable[Any]:
        yield from self.list_display
        yield from self.list_filter
        yield from self.readonly_fields
        yield from flatten_fieldsets(self.fieldsets or [(None, {"fields": self.fields or ()})])
        if not self.fieldsets and not self.fields and request is not None:
            yield from flatten_fieldsets(self.get_fieldsets(request))


def columns_of(model: type[Model], lookup: str) -> list[str]:
    """The fields that `lookup` passes, from `model` on; the transforms and the comparison at its end are left out."""
    columns: list[str] = []
    current: type[Model] | None = model
    for part in lookup.split(LOOKUP_SEP):
        if current is None:
            break
        try:
            field: Any = current._meta.get_field(str(current._meta.pk.name) if part == "pk" else part)
        except FieldDoesNotExist:
            break
        columns.append(field.name)
        current = field.related_model if field.is_relation else None
    return columns


def names_of(shown: Iterable[Any]) -> set[str]:
    """The names of fields among what `list_display` and `list_filter` hold."""
    first = (each[0] if isinstance(each, list | tuple) and each else each for each in shown)
    return {each for each in first if isinstance(each, str)}
