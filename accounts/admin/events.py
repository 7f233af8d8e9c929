"""The trail: what happened, to be read and searched, and never altered."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin.filters import of_client, of_person
from accounts.admin.mixins import ReadOnly, RevokesAuthorizations, Roomy
from accounts.admin.states import badge
from accounts.models import Authorization, AuthorizationQuerySet, Event


@admin.register(Event)
class EventAdmin(RevokesAuthorizations, ReadOnly, Roomy):
    """From the row of the call that looked wrong, its access can be ended."""

    list_display = ("time", "what", "outcome_badge", "reason", "username", "client_name")
    # No date_hierarchy: it groups every row of a month to find its days.
    list_filter = (of_person("user_id"), of_client("client_id"), "kind", "outcome", "at")
    search_fields = ("username", "client_name", "=client_id", "action", "reason", "detail", "=address")
    fields = (
        *("at", "kind", "outcome", "action", "reason", "detail", "address", "duration_ms"),
        *("username", "user_id", "client_name", "client_id", "authorization_id", "token_id"),
    )

    @admin.display(ordering="pk")
    def time(self, event: Event) -> str:
        return timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S")

    @admin.display(ordering="kind")
    def what(self, event: Event) -> str:
        return f"{event.get_kind_display()}: {event.action}" if event.action else event.get_kind_display()

    @admin.display(description="outcome", ordering="outcome")
    def outcome_badge(self, event: Event) -> SafeString:
        return badge(event.outcome)

    def authorizations_of(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(pk__in=rows.values("authorization_id"))

    def offers(self, action: str, obj: Event) -> bool:
        authorization = Authorization.objects.filter(pk=obj.authorization_id or 0).first()
        return authorization is not None and authorization.is_live
