"""The page *Activity*, below the audit log: `?tool=<name>`, `?client=<client_id>` or `?person=<primary key>`."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.admin.activity import charts
from accounts.admin.activity.figures import WEEK, Figures, figures_of
from accounts.admin.dashboard import HEIGHT, WIDTH
from accounts.admin_base.filters import CallsFilter, ToolFilter
from accounts.admin_base.mixins import Link
from accounts.admin_base.operators import may_open
from accounts.admin_base.period import Period
from accounts.models import Client, Event
from accounts.user_model import User
from accounts.user_model import fields as user_fields

NAME = "oauth_mcp_event_activity"
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of the page: the page's title, its events, and the query of the list of these."""

    title: str
    events: QuerySet[Event]
    query: str


def activity_url(**subject: Any) -> str:
    """Return the address of the page of a tool, a client or a person: activity_url(client=client_id)."""
    return f"{reverse(f'admin:{NAME}')}?{urlencode(subject)}"


def activity_links(request: HttpRequest, **subject: Any) -> list[Link]:
    """Return the link to that page, for those who may open it."""
    return [{"label": _("Activity"), "url": activity_url(**subject)}] if may_open(request.user, Event) else []


def subject_of(request: HttpRequest) -> Subject:
    """Return the subject that the address names. Raises Http404 for an unknown client or person, and for none."""
    for name, find in (("tool", of_tool), ("client", of_client), ("person", of_person)):
        value = request.GET.get(name, "")
        if value and "\x00" not in value and len(value) <= LONGEST:
            return find(value)
    raise Http404


def of_tool(name: str) -> Subject:
    events = Event.objects.filter(action=f"{ToolFilter.PREFIX}{name}")
    return Subject(_("Activity of the tool %(name)s") % {"name": name}, events, urlencode({"tool": name}))


def of_client(client_id: str) -> Subject:
    client = Client.objects.filter(client_id=client_id).first()
    if client is None:
        raise Http404
    return Subject(
        _("Activity of the client %(name)s") % {"name": client},
        Event.objects.filter(client_id=client_id),
        urlencode({"client": client_id}),
    )


def of_person(key: str) -> Subject:
    person = User._default_manager.filter(pk=user_fields.primary_key(key)).first()
    if person is None:
        raise Http404
    return Subject(
        _("Activity of %(name)s") % {"name": person},
        Event.objects.filter(user_id=person.pk),
        urlencode({"person": key}),
    )


def periods_of(figures: Figures) -> dict[str, str]:
    """Return the queries of the list of events for the whole period, and for its last week."""
    days = list(figures.days)
    return {
        name: urlencode(Period(first, days[-1]).query) for name, first in (("month", days[0]), ("week", days[-WEEK]))
    }


class ActivityMixin(admin.ModelAdmin):
    """Adds the page to the audit log."""

    def get_urls(self) -> list[URLPattern]:
        return [path("activity/", self.admin_site.admin_view(self.activity_view), name=NAME), *super().get_urls()]

    def activity_view(self, request: HttpRequest) -> HttpResponse:
        """Show the figures of the last 30 days. Raises PermissionDenied and Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        subject = subject_of(request)
        figures = figures_of(subject.events)
        context = {
            **self.admin_site.each_context(request),
            "title": subject.title,
            "opts": self.opts,
            "figures": figures,
            "events_url": f"{reverse('admin:oauth_mcp_event_changelist')}?{subject.query}&calls={CallsFilter.CLIENTS}",
            **periods_of(figures),
            "columns": charts.columns(figures),
            "most": max(calls.total for calls in figures.days.values()),
            "lines": charts.lines(figures),
            "slowest_ms": charts.slowest_ms(figures),
            "change": charts.change(figures.this_week, figures.last_week),
            "width": WIDTH,
            "height": HEIGHT,
        }
        return TemplateResponse(request, "admin/oauth_mcp/event/activity.html", context)
