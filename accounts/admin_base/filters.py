"""List filters that links from other pages set, and a filter by tool."""

import re
from typing import Any, ClassVar, Self

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.period import RECENT_DAYS, first_recent_day, start_of_day
from accounts.diagnosis.search import acts_on
from accounts.models import CLIENT_CALLS, Client, Event
from accounts.people.origins import WORDS
from accounts.user_model import User
from accounts.user_model import fields as user_fields

PRIMARY_KEY = re.compile(r"[0-9]{1,18}")
CLIENT_ID = re.compile(r"[^\x00]+")


def primary_key(text: str) -> int | None:
    """Return the primary key that a parameter of an address holds; None if it holds none."""
    return int(text) if PRIMARY_KEY.fullmatch(text) else None


class ParameterFilter(admin.SimpleListFilter):
    """Base of filters that change nothing without their URL parameter."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else self.narrow(queryset, value)

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return those of `rows` that match `value`, the URL parameter."""
        raise NotImplementedError


class RelatedRowFilter(ParameterFilter):
    """Narrows a list to the rows of one person or client, if a link asks for it.

    Without its parameter, the filter is hidden: a choice among 100,000 people would be of no use.
    """

    related: ClassVar[type[Model]]
    # The field of the related row that the parameter holds, and its valid form.
    key: ClassVar[str] = "pk"
    pattern: ClassVar[re.Pattern[str]] = PRIMARY_KEY
    # The path to that field from a row of the list.
    path: ClassVar[str]

    @classmethod
    def by(cls, path: str) -> type[Self]:
        """Return the filter for rows that hold the key at `path`."""
        return type(cls.__name__, (cls,), {"path": path})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        if value is None:
            return []
        row = self.match(self.related._default_manager.all(), self.key, value).first()
        return [(value, str(row or value))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return self.match(rows, self.path, value)

    def match(self, rows: QuerySet[Any], path: str, value: str) -> QuerySet[Any]:
        return rows.filter(**{path: value}) if self.pattern.fullmatch(value) else rows.none()


class PersonFilter(RelatedRowFilter):
    """`?person=<primary key>`."""

    title = _("person")
    parameter_name = "person"
    related = User

    def match(self, rows: QuerySet[Any], path: str, value: str) -> QuerySet[Any]:
        key = user_fields.primary_key(value)
        return rows.filter(**{path: key}) if key is not None else rows.none()


class EventPersonFilter(PersonFilter):
    """`?person=<primary key>`: the events of that person, and the changes of that person in admin."""

    path = "user_id"

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        own = self.match(rows, self.path, value)
        person = self.match(User._default_manager.all(), "pk", value).first()
        acts = acts_on(person) if person is not None else []
        return own | rows.filter(pk__in=acts) if acts else own


class ClientFilter(RelatedRowFilter):
    """`?client=<client_id>`."""

    title = _("client")
    parameter_name = "client"
    related = Client
    key = "client_id"
    pattern = CLIENT_ID


class LookalikeFilter(RelatedRowFilter):
    """`?like=<primary key>`: that client and its look-alikes."""

    title = _("registrations like")
    parameter_name = "like"
    related = Client

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(lookalike__in=self.match(Client.objects.all(), "pk", value).values("lookalike"))


class OriginFilter(ParameterFilter):
    """`?how=<origin>`: authorizations that came about in that way."""

    title = _("how")
    parameter_name = "how"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(origin, str(words)) for origin, words in WORDS.items()]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(origin=value)


class RecentlyActiveFilter(ParameterFilter):
    """`?active=recently`: the people or clients with calls in the days of the front page."""

    title = _("calls")
    parameter_name = "active"
    RECENTLY = "recently"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (
                self.RECENTLY,
                ngettext("in the last %(n)s day", "in the last %(n)s days", RECENT_DAYS) % {"n": RECENT_DAYS},
            )
        ]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return recently_active(rows) if value == self.RECENTLY else rows.none()


def recently_active(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of `rows`, which are people or clients, with calls in the last RECENT_DAYS days."""
    column, of_event = ("pk", "user_id") if rows.model is User else ("client_id", "client_id")
    calls = Event.objects.filter(CLIENT_CALLS, at__gte=start_of_day(first_recent_day()))
    return rows.filter(**{f"{column}__in": calls.values(of_event)})


class CallsFilter(ParameterFilter):
    """`?calls=clients`: the calls that the figures of admin count."""

    title = _("calls")
    parameter_name = "calls"
    CLIENTS = "clients"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.CLIENTS, gettext("of apps, which have ended"))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(CLIENT_CALLS) if value == self.CLIENTS else rows.none()


class ReasonFilter(ParameterFilter):
    """`?reason=<reason>`, which is hidden without its parameter."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value()
        return [] if value is None else [(value, value or gettext("unnamed"))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(reason=value)


class ToolFilter(ParameterFilter):
    """`?tool=<name>`: calls of that tool. The choices are the tools that were called recently."""

    title = _("tool")
    parameter_name = "tool"
    PREFIX = "tools/call "
    # The newest calls name the tools in use. The number bounds the query, however long the audit log is.
    MOST_READ = 2000

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Event.objects.filter(kind=Event.Kind.MCP).order_by("-pk").values_list("action", flat=True)
        called = {action for action in newest[: self.MOST_READ] if action.startswith(self.PREFIX)}
        names = {action.removeprefix(self.PREFIX) for action in called} | {self.value()} - {None}
        return [(str(name), str(name)) for name in sorted(map(str, names))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(action=f"{self.PREFIX}{value}")
