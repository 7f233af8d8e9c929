"""Filters that follow a link from one person's or client's page."""

import re
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.models import Client, Event, User


class RowsOfOne(admin.SimpleListFilter):
    """Narrows a list to the rows of one person or client, when a link asks for it.

    Without one it is not there: a choice of 100,000 people helps nobody.
    """

    owner: ClassVar[type[Model]]
    # The owner's field that the parameter holds, what it may look like, and the path to it from a row of the list.
    key: ClassVar[str]
    well_formed: ClassVar[re.Pattern[str]]
    path: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        if value is None:
            return []
        owner = self._find(self.owner._default_manager.all(), self.key).first()
        return [(value, str(owner or value))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else self._find(queryset, self.path)

    def _find(self, rows: QuerySet[Any], path: str) -> QuerySet[Any]:
        value = self.value() or ""
        return rows.filter(**{path: value}) if self.well_formed.fullmatch(value) else rows.none()


class RowsOfPerson(RowsOfOne):
    title = "person"
    parameter_name = "person"
    owner = User
    key = "pk"
    well_formed = re.compile(r"[0-9]{1,18}")


class RowsOfClient(RowsOfOne):
    title = "client"
    parameter_name = "client"
    owner = Client
    key = "client_id"
    well_formed = re.compile(r"[^\x00]+")


class RowsOfLookalike(RowsOfOne):
    """`?like=<id>`: that client, and those that look like it."""

    title = "look"
    parameter_name = "like"
    owner = Client
    key = "pk"
    well_formed = re.compile(r"[0-9]{1,18}")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        alike = self._find(Client.objects.all(), "pk").values("lookalike")
        return queryset.filter(lookalike__in=alike)


class OfTool(admin.SimpleListFilter):
    """`?tool=<name>`: its calls. The choice is among the tools that were called of late."""

    title = "tool"
    parameter_name = "tool"
    PREFIX = "tools/call "
    # A look at the newest calls is enough to find what is in use, however long the trail is.
    LOOKED_AT = 2000

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Event.objects.filter(kind=Event.Kind.MCP).order_by("-pk").values_list("action", flat=True)
        called = {action for action in newest[: self.LOOKED_AT] if action.startswith(self.PREFIX)}
        names = {action.removeprefix(self.PREFIX) for action in called} | {self.value()} - {None}
        return [(str(name), str(name)) for name in sorted(map(str, names))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(action=f"{self.PREFIX}{self.value()}")


def of_person(path: str) -> type[RowsOfPerson]:
    """The filter `?person=<id>`, for rows that hold that id at `path`."""
    return type("RowsOfPerson", (RowsOfPerson,), {"path": path})


def of_client(path: str) -> type[RowsOfClient]:
    """The filter `?client=<client_id>`, for rows that hold that client_id at `path`."""
    return type("RowsOfClient", (RowsOfClient,), {"path": path})
