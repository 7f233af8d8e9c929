"""Admin of the audit log: read-only, with search, export and actions on the access behind an event."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.activity.page import ActivityMixin
from accounts.admin.attempts import AttemptsMixin
from accounts.admin.clients.stopping import choices_of, stop
from accounts.admin_base.app_chips import AppChipsMixin, chip_of, render_chip
from accounts.admin_base.ending.confirmed import RevokeAuthorizationsMixin
from accounts.admin_base.export import ExportMixin
from accounts.admin_base.filters import CallsFilter, ClientFilter, EventPersonFilter, ReasonFilter, ToolFilter
from accounts.admin_base.links import link_to
from accounts.admin_base.mixins import LargeTableMixin, ReadOnlyMixin
from accounts.admin_base.operators import may_open
from accounts.admin_base.paging import CappedPaginator
from accounts.admin_base.period import PeriodFilter
from accounts.admin_base.states import badge, step_name
from accounts.diagnosis.references import with_reference
from accounts.diagnosis.search import acts_with, client_ids_like, is_address, people_ids_like
from accounts.diagnosis.stops import explain_event, stops_of
from accounts.models import (
    Authorization,
    AuthorizationQuerySet,
    Client,
    Event,
    ProtectedResource,
    has_own_model,
    service_condition,
)
from accounts.numbers import duration
from accounts.people.origins import WORDS
from accounts.user_model import User
from accounts.user_model import fields as user_fields

# The length of a client's name in the list.
LONGEST_NAME = 40


@admin.register(Event)
class EventAdmin(
    ActivityMixin, AppChipsMixin, AttemptsMixin, ExportMixin, RevokeAuthorizationsMixin, ReadOnlyMixin, LargeTableMixin
):
    """The list and pages of events, with buttons to revoke the access and to suspend the client of an event."""

    paginator = CappedPaginator
    list_display = ("person_link", "client_link", "summary", "time", "result")
    list_display_links = ("summary",)
    # No other column has an index for sorting.
    sortable_by = ("time",)
    # Without date_hierarchy, which reads all rows of a month to find its days.
    list_filter = (
        PeriodFilter,
        EventPersonFilter,
        ClientFilter.by("client_id"),
        ToolFilter,
        CallsFilter,
        ReasonFilter,
        "kind",
        "outcome",
    )
    search_fields = ("username",)
    search_help_text = _(
        "A person, client, tool, reason, address, request ID or a failed tool’s reference. "
        "A part of the name is enough for a person or client, as is one of the client’s host."
    )
    fields = (
        *("at", "kind", "outcome", "action", "reason", "detail", "explanation"),
        *("endpoint", "address", "agent", "duration_ms"),
        *(
            "request_id",
            "person",
            "client",
            "acting_servers",
            "authorization",
            "token_id",
            "arguments_digest",
            "shown_arguments",
        ),
    )
    readonly_fields = ("explanation", "person", "client", "acting_servers", "authorization", "shown_arguments")
    object_actions = ("revoke_access", "stop_client")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Annotate events with what the buttons of a row depend on, which is looked up only for the shown page."""
        clients = Client.objects.filter(client_id=OuterRef("client_id"))
        live = Authorization.objects.live().filter(pk=OuterRef("authorization_id"))
        active = clients.filter(suspended_at=None)
        return (
            super()
            .get_queryset(request)
            .annotate(
                client_pk=Subquery(clients.values("pk")[:1]),
                is_live=Exists(live) if self.has_revoke_permission(request) else Value(False),
                is_service=Exists(User._default_manager.filter(service_condition(), pk=OuterRef("user_id"))),
                is_active=Exists(active) if self.has_stop_permission(request) else Value(False),
            )
        )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Add the column of buttons if the operator has the permission for one of them."""
        is_allowed = self.has_revoke_permission(request) or self.has_stop_permission(request)
        return [*self.list_display, "buttons"] if is_allowed else list(self.list_display)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Match parts of the names of people and clients. In the audit log, match only whole, indexed values."""
        term = search_term.strip()
        if not term:
            return queryset, False
        reference = with_reference(term)
        if reference is not None and (found := queryset.filter(reference)).exists():
            return found, False
        people = people_ids_like(term, views_people=may_open(request.user, User))
        whole = Q(username=term) | Q(client_name=term) | Q(client_id=term) | Q(reason=term)
        # The second condition is that of the partial index.
        whole |= Q(request_id=term) & ~Q(request_id="")
        whole |= Q(pk__in=acts_with(term))
        whole |= Q(action__in=[term, f"{ToolFilter.PREFIX}{term}"]) | (Q(address=term) if is_address(term) else Q())
        return queryset.filter(Q(user_id__in=people) | Q(client_id__in=client_ids_like(term)) | whole), False

    # --- Columns -------------------------------------------------------------------------------

    @admin.display(description=_("time"), ordering="pk")
    def time(self, event: Event) -> str:
        return timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S")

    @admin.display(description=_("event"))
    def summary(self, event: Event) -> str:
        kind = event.get_kind_display()
        named = f"{kind}: {step_name(event.action)}" if event.action else kind
        if event.kind == Event.Kind.MCP and event.action:
            named = event.action
        values = {"action": named, "endpoint": event.endpoint}
        return gettext("%(action)s at %(endpoint)s") % values if event.endpoint else named

    @admin.display(description=_("outcome"))
    def result(self, event: Event) -> SafeString:
        took = "" if event.duration_ms is None else duration(event.duration_ms)
        return format_html("{}<small>{}</small><small>{}</small>", badge(event.outcome), event.reason, took)

    @admin.display(description=_("person"))
    def person_link(self, event: Event) -> SafeString | str:
        if not event.user_id:
            return event.username or "-"
        is_service = event.is_service  # type: ignore[attr-defined]
        named = {user_fields.USERNAME: event.username} | ({"is_service": is_service} if has_own_model() else {})
        return link_to(User(pk=event.user_id, **named), event.username if not has_own_model() else "", on=event)

    @admin.display(description=_("client"))
    def client_link(self, event: Event) -> SafeString | str:
        named = Truncator(event.client_name or event.client_id or "-").chars(LONGEST_NAME)
        if event.client_pk is None:  # type: ignore[attr-defined]
            return named
        app = getattr(event, "app", None)
        named = render_chip(app) if app is not None else named
        return link_to(Client(pk=event.client_pk), named, on=event)  # type: ignore[attr-defined]

    @admin.display(description=pgettext_lazy("column of buttons that end access", "end"), empty_value="")
    def buttons(self, event: Event) -> SafeString | str:
        """Return the buttons in one column, which leaves the others their width."""
        revoke = self._button(event, "revoke_access", gettext("Revoke")) if event.is_live else ""  # type: ignore[attr-defined]
        stop = self._button(event, "stop_client", gettext("Stop app")) if event.is_active else ""  # type: ignore[attr-defined]
        return format_html("{} {}", revoke, stop) if revoke or stop else ""

    def _button(self, event: Event, action: str, label: str) -> SafeString:
        """Return a button that submits the form around the list, which has the CSRF token, to the URL of `action`."""
        title = getattr(self, action).short_description
        url = reverse("admin:oauth_mcp_event_act", args=(event.pk, action))
        button = '<button class="act" formaction="{}" title="{}">{}</button>'
        return format_html(button, url, title, label)

    @admin.display(description=_("explanation"))
    def explanation(self, event: Event) -> SafeString | str:
        why = explain_event(event, stops_of([event.client_id]))
        if why is None:
            return "-"
        return format_html("{}<br>{}", why.rule, gettext("What to do: %(remedy)s") % {"remedy": why.remedy})

    @admin.display(description=_("authorization"))
    def authorization(self, event: Event) -> SafeString | str:
        found = Authorization.objects.filter(pk=event.authorization_id or 0).first()
        if found is None:
            return str(event.authorization_id or "-")
        return format_html("{} ({})", link_to(found, on=event), WORDS[found.origin])

    @admin.display(description=_("person"))
    def person(self, event: Event) -> str:
        found = User._default_manager.filter(pk=event.user_id).first() if event.user_id else None
        return link_to(found, on=event) if found else event.username or "-"

    @admin.display(description=_("client"))
    def client(self, event: Event) -> str:
        found = client_of(event)
        return link_to(found, chip_of(found), on=event) if found else event.client_name or event.client_id or "-"

    @admin.display(description=_("acting servers"))
    def acting_servers(self, event: Event) -> SafeString | str:
        """Return the servers that acted for the person by an exchanged token, each with the one that called it."""
        actors = event.actors.split()
        known = ProtectedResource.objects.in_bulk(actors, field_name="identifier")
        names = [format_html("{} ({})", link_to(known[a], on=event), a) if a in known else a for a in actors]
        # Translators: between the names of two servers, of which the second called the first.
        return format_html_join(gettext(", called by "), "{}", ((name,) for name in names)) or "-"

    @admin.display(description=_("arguments"))
    def shown_arguments(self, event: Event) -> str:
        if not event.arguments:
            return gettext("not stored; the tool's policy can enable it")
        try:
            readable = json.dumps(json.loads(event.arguments), indent=2, ensure_ascii=False)
        except ValueError:
            # Truncated when it was stored.
            readable = f"{event.arguments} …"
        return format_html("<pre>{}</pre>", readable)

    # --- Actions -------------------------------------------------------------------------------

    def get_authorizations(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(pk__in=rows.values("authorization_id"))

    def is_applicable(self, action: str, obj: Event) -> bool:
        if action == "stop_client":
            client = client_of(obj)
            return client is not None and client.suspended_at is None
        authorization = Authorization.objects.filter(pk=obj.authorization_id or 0).first()
        return authorization is not None and authorization.is_live

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(choices_of(request))

    @admin.action(description=_("Stop its app…"), permissions=["stop"])
    def stop_client(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
        clients = Client.objects.filter(client_id__in=queryset.exclude(client_id="").values("client_id"))
        return stop(self, request, clients, back_url=self.back_url(request, queryset))


def client_of(event: Event) -> Client | None:
    return Client.objects.filter(client_id=event.client_id).first() if event.client_id else None
