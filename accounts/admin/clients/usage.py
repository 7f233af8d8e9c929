"""Number of people and time of last use of the clients on one page of the list."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.links import link_to_list
from accounts.models import ALLOWED, AccessToken, Client, Consent, Event, usable_condition
from accounts.numbers import count


def count_of(rows: QuerySet[Any]) -> Coalesce:
    """Return the number of `rows` as a column of the outer query."""
    alone = rows.order_by().annotate(count=Func(F("pk"), function="COUNT")).values("count")
    return Coalesce(Subquery(alone, output_field=IntegerField()), 0)


def format_time(at: datetime | None) -> str:
    return localize(timezone.localtime(at)) if at is not None else gettext("never")


class UsageMixin(admin.ModelAdmin):
    """Columns for people, live tokens, first and last use."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        consents = Consent.objects.filter(client=OuterRef("pk"))
        usable = usable_condition("authorization__")
        tokens = AccessToken.objects.filter(usable, application=OuterRef("pk"), expires__gt=timezone.now())
        calls = Event.objects.filter(ALLOWED, client_id=OuterRef("client_id"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                people_count=count_of(consents),
                token_count=count_of(tokens),
                first_used_at=Subquery(consents.order_by("created_at").values("created_at")[:1]),
                last_used_at=Subquery(calls.order_by("-pk").values("at")[:1]),
            )
        )

    @admin.display(description=_("people"))
    def people(self, client: Client) -> SafeString | str:
        people = count(client.people_count)  # type: ignore[attr-defined]
        return link_to_list(Consent, people, on=client, client=client.client_id)

    @admin.display(description=_("live tokens"))
    def live_tokens(self, client: Client) -> SafeString | str:
        tokens = count(client.token_count)  # type: ignore[attr-defined]
        return link_to_list(AccessToken, tokens, on=client, client=client.client_id, state="live")

    @admin.display(description=_("first connected"))
    def first_used(self, client: Client) -> str:
        return format_time(client.first_used_at)  # type: ignore[attr-defined]

    @admin.display(description=_("last used"))
    def last_used(self, client: Client) -> str:
        return format_time(client.last_used_at)  # type: ignore[attr-defined]
