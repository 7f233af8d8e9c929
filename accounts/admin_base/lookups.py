"""Restriction of the columns that the URL of an admin list can filter by.

Django allows `?column__startswith=…` for every column of the table, even one that is not shown. The number of rows that
match then reveals the value, one character at a time.
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

# Columns that are never filtered by, even if a page has a form field for them, as Django's has for a password.
SECRET = re.compile(
    r"password|secret|private_key|checksum|nonce|(^|_)token$|^(code|key|jti|data)$|^code_|^session_(key|data)$"
)

# A regular expression from a URL could take very long.
EXPRESSIONS = ("__regex", "__iregex")


class GuardedLookupsMixin(admin.ModelAdmin):
    """Allows filters only by the columns that the pages show, and by the list's own filters."""

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
        """Return whether `?_to_field=` may replace the primary key in the links of a list."""
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
    """Return the fields on the path `lookup` from `model`, without the transforms and the comparison at its end."""
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
    """Return the names of fields in values of `list_display` or `list_filter`."""
    first = (each[0] if isinstance(each, list | tuple) and each else each for each in shown)
    return {each for each in first if isinstance(each, str)}
