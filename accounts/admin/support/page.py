"""The page *Support*: the search, and the record of a person or an app."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from accounts.admin.support import records
from accounts.admin.support.search import Found, find
from accounts.admin_base.filters import primary_key
from accounts.admin_base.mixins import Link
from accounts.admin_base.operators import may_open
from accounts.clients.identity.apps import identify, identify_ids
from accounts.diagnosis.stops import stops_of
from accounts.models import Client, Consent, Event
from accounts.user_model import User

LONGEST_TERM = 255


class SupportMixin(admin.ModelAdmin):
    """Adds the page to the list of people."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.support_view)
        return [path("support/", view, name="oauth_mcp_user_support"), *super().get_urls()]

    def support_view(self, request: HttpRequest) -> HttpResponse:
        """Show what `?q=` finds, or the record of `?person=<id>` or `?app=<id>`. Raises PermissionDenied and Http404.

        Each part is shown to those who may view its rows.
        """
        people, apps = may_open(request.user, User), may_open(request.user, Client)
        if not (people or apps):
            raise PermissionDenied
        row = self._row(request, people=people, apps=apps)
        term = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TERM]
        found = find(term, people=people, apps=apps) if term and row is None else Found()
        if found.only is not None:
            return HttpResponseRedirect(address_of(found.only))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Support"),
            "opts": self.opts,
            "term": term,
            "found": found,
            **(self._support_record(request, row) if row is not None else {}),
        }
        return TemplateResponse(request, "admin/oauth_mcp/user/support.html", context)

    def _row(self, request: HttpRequest, *, people: bool, apps: bool) -> User | Client | None:
        """Return the person or client that the address names; None if it names none."""
        for name, model, is_allowed in (("person", User, people), ("app", Client, apps)):
            if name in request.GET:
                pk = primary_key(request.GET[name]) or 0
                row: User | Client | None = model._default_manager.filter(pk=pk).first() if is_allowed else None
                if row is None:
                    raise Http404
                return row
        return None

    def _support_record(self, request: HttpRequest, row: User | Client) -> dict[str, Any]:
        record: dict[str, Any] = {
            "row": row,
            "person": row if isinstance(row, User) else None,
            "app": identify(row) if isinstance(row, Client) else None,
            "stop": stops_of([row.client_id]).get(row.client_id) if isinstance(row, Client) else None,
            "actions": self._actions(request, row),
        }
        if may_open(request.user, Consent):
            connections, has_more = records.connections_of(row)
            buttons = [
                (each, self._actions(request, each.consent) if each.state != "ended" else []) for each in connections
            ]
            record |= {"connections": buttons, "has_more": has_more}
        if may_open(request.user, Event):
            attempts = records.attempts_of(row)
            record |= {
                "failures": records.failures_of(row, attempts),
                "attempts": attempts,
                "identities": identify_ids(attempt.client_id for attempt in attempts),
                "links": [export_of(row)],
            }
        return record

    def _actions(self, request: HttpRequest, row: User | Client | Consent) -> list[Link]:
        """Return the buttons of the row's own page, which lead there."""
        model_admin: Any = self.admin_site.get_model_admin(type(row))
        buttons: list[Link] = model_admin.get_object_actions(request, row)
        return buttons if model_admin.has_view_permission(request) else []


def export_of(row: User | Client) -> Link:
    """Return the link to a file with all events of `row`."""
    query = {"client": row.client_id} if isinstance(row, Client) else {"person": row.pk}
    url = reverse("admin:oauth_mcp_event_export", args=("csv",), query=query)
    return {"label": _("Export its events") if isinstance(row, Client) else _("Export their events"), "url": url}


def address_of(row: User | Client) -> str:
    name = "app" if isinstance(row, Client) else "person"
    return reverse("admin:oauth_mcp_user_support", query={name: row.pk})
