"""The state of rows (live, expired, revoked, …), computed in the database for a column and a filter."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import Case, CharField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIVE = "live"
EXPIRED = "expired"
REVOKED = "revoked"
SUSPENDED = "suspended"


# States of all rows, by the value that the database and the style sheet have.
NAMES: dict[str, "StrOrPromise"] = {
    LIVE: pgettext_lazy("state", "live"),
    EXPIRED: pgettext_lazy("state", "expired"),
    REVOKED: pgettext_lazy("state", "revoked"),
    SUSPENDED: pgettext_lazy("state", "suspended"),
    "active": pgettext_lazy("state", "active"),
    "ended": pgettext_lazy("state", "ended"),
    "machine": pgettext_lazy("state", "machine"),
    "off": pgettext_lazy("state", "off"),
    "redeemed": pgettext_lazy("state", "redeemed"),
    "service": pgettext_lazy("state", "service"),
    "superseded": pgettext_lazy("state", "superseded"),
    "waiting": pgettext_lazy("state", "waiting"),
    # Outcomes of events, states of attempts to connect, of signing keys and of tasks.
    "ok": pgettext_lazy("state", "ok"),
    "refused": pgettext_lazy("state", "refused"),
    "failed": pgettext_lazy("state", "failed"),
    "connected": pgettext_lazy("state", "connected"),
    "stopped": pgettext_lazy("state", "stopped"),
    "cancelled": pgettext_lazy("state", "cancelled"),
    "under way": pgettext_lazy("state", "under way"),
    "not used yet": pgettext_lazy("state", "not used yet"),
    "former": pgettext_lazy("state", "former"),
}
# Steps of an authorization request, by the action of its event. Other actions are grant types, methods and tools.
STEPS: dict[str, "StrOrPromise"] = {
    "requested": pgettext_lazy("authorization request", "requested"),
    "approved": pgettext_lazy("authorization request", "approved"),
}


def step_name(action: str) -> str:
    """Return the name of an event's `action` in the language of the reader; `action` itself if it has none."""
    return str(STEPS.get(action, action))


def name_of(state: str) -> str:
    """Return the name of `state` in the language of the reader; `state` itself if it has none."""
    return str(NAMES.get(state, state))


class StateMixin(admin.ModelAdmin):
    """Annotates each row with its `state`: the first of `state_conditions()` that matches, else `healthy_state`."""

    states: ClassVar[tuple[str, ...]] = (LIVE, EXPIRED, REVOKED, SUSPENDED)
    healthy_state: ClassVar[str] = LIVE

    def state_conditions(self) -> list[When]:
        raise NotImplementedError

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        state = Case(*self.state_conditions(), default=Value(self.healthy_state), output_field=CharField())
        return super().get_queryset(request).annotate(state=state)

    @admin.display(description=_("state"))
    def state_badge(self, obj: Any) -> SafeString:
        return badge(obj.state)


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, name_of(state)) for state in model_admin.states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


def badge(state: str) -> SafeString:
    """Return `state` with a coloured dot (static/oauth_mcp/admin.css)."""
    return format_html('<span class="state state-{}">{}</span>', slugify(state), name_of(state))


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
