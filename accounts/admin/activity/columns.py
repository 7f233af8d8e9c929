"""Columns of a list of tools: calls, failures and p95 of this week, each with its change from the last."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.activity.page import activity_url
from accounts.admin.activity.weeks import Weeks, weeks_by_tool
from accounts.admin_base.links import link_if
from accounts.admin_base.operators import may_open
from accounts.models import Event
from accounts.numbers import count, duration

# What the list is ordered by. Rows without a value are lower than those without calls.
VALUES: dict[str, Callable[[Weeks], int | None]] = {
    "week_calls": lambda weeks: weeks.this.total,
    "week_failed": lambda weeks: weeks.this.failed,
    "week_p95": lambda weeks: weeks.this.p95,
}
NO_VALUE = -1


class ToolWeeksMixin(admin.ModelAdmin):
    """Adds the columns to a list, for those who may view the audit log.

    Of the rows, those that match `tools` are tools, of the name in their field `name`.
    """

    tools: ClassVar[Q] = Q()
    change_list_template = "admin/oauth_mcp/tool_weeks_change_list.html"

    def tool_names(self) -> Iterable[str]:
        """Return the names of all tools, which bound the query."""
        raise NotImplementedError

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        has_weeks = may_open(request.user, Event)
        if has_weeks:
            request.tool_weeks = weeks_by_tool(self.tool_names())  # type: ignore[attr-defined]
        return super().changelist_view(request, {"has_weeks": has_weeks, **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = ("calls_this_week", "failed_this_week", "p95_this_week")
        return (*super().get_list_display(request), *(columns if weeks_of(request) is not None else ()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows, weeks = super().get_queryset(request), weeks_of(request)
        if weeks is None:
            return rows
        named = rows.annotate(tool_name=Case(When(self.tools, then=F("name"))))
        return named.annotate(**{name: ordered_by(weeks, value) for name, value in VALUES.items()})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        weeks = weeks_of(request)
        if weeks is not None:
            # The rows stay in the queryset's cache.
            for row in changelist.result_list:
                row.weeks = weeks.get(row.tool_name)
        return changelist

    @admin.display(description=_("calls"), ordering="week_calls", empty_value="-")
    def calls_this_week(self, row: Any) -> SafeString | None:
        if row.weeks is None:
            return None
        calls = link_if(True, activity_url(tool=row.name), count(row.weeks.this.total))
        return with_change(calls, row.weeks.change_of_calls)

    @admin.display(description=_("failed"), ordering="week_failed", empty_value="-")
    def failed_this_week(self, row: Any) -> SafeString | None:
        if row.weeks is None:
            return None
        return with_change(count(row.weeks.this.failed), row.weeks.change_of_failures)

    @admin.display(description="p95", ordering="week_p95", empty_value="-")
    def p95_this_week(self, row: Any) -> SafeString | None:
        if row.weeks is None or row.weeks.this.p95 is None:
            return None
        return with_change(duration(row.weeks.this.p95), row.weeks.change_of_p95)


def weeks_of(request: HttpRequest) -> dict[str, Weeks] | None:
    """Return the figures of a request to the list; None for those who may not see them, and on other pages."""
    return getattr(request, "tool_weeks", None)


def ordered_by(weeks: dict[str, Weeks], value: Callable[[Weeks], int | None]) -> Case:
    """Return the `value` of each tool, to order the list by."""
    numbers = {name: value(of_tool) for name, of_tool in weeks.items()}
    cases = [When(tool_name=name, then=Value(number)) for name, number in numbers.items() if number is not None]
    return Case(*cases, default=Value(NO_VALUE), output_field=IntegerField())


def with_change(value: str, change: str) -> SafeString:
    """Return `value`, and below it its change from the week before, if there is one."""
    if not change:
        return format_html("{}", value)
    title = gettext("Change from the 7 days before")
    return format_html('{} <small title="{}"><bdi dir="ltr">{}</bdi></small>', value, title, change)
