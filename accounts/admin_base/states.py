"""The state of rows (live, expired, revoked, …), computed in the database for a column and a filter."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, CharField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

LIVE = "live"
EXPIRED = "expired"
REVOKED = "revoked"
SUSPENDED = "suspended"


class StateMixin(admin.ModelAdmin):
    """Annotates each row with its `state`: the first of `state_conditions()` that matches, else `healthy_state`."""

    states: ClassVar[tuple[str, ...]] = (LIVE, EXPIRED, REVOKED, SUSPENDED)
    healthy_state: ClassVar[str] = LIVE

    def state_conditions(self) -> list[When]:
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        state = Case(*self.state_conditions(), default=Value(self.healthy_state), output_field=CharField())
        return super().get_queryset(request).annotate(state=state)

    @admin.display(description="state")
    def state_badge(self, obj: Any) -> SafeString:
        return badge(obj.state)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state) for state in model_admin.states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


def badge(state: str) -> SafeString:
    """Return `state` with a coloured dot (static/oauth_mcp/admin.css)."""
    return format_html('<span class="state state-{}">{}</span>', slugify(state), state)


def when(state: str, **condition: object) -> When:
    return When(**condition, then=Value(state))


def end_conditions(*, authorization: str, client: str, person: str) -> list[When]:
    """Return the conditions that end a token, code or authorization early. The arguments are paths from its row.

    `authorization` is empty or ends in `__`.
    """
    return [
        when(REVOKED, **{f"{authorization}revoked_at__isnull": False}),
        when(SUSPENDED, **{f"{client}__suspended_at__isnull": False}),
        when(SUSPENDED, **{f"{client}__approved_at__isnull": True}),
        when(SUSPENDED, **{f"{person}__is_active": False}),
    ]
