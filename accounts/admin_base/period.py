"""Filter of a list by a period: the last days, a month, or from one day to another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FROM, TO = "from", "to"
# The days of the front page, today included.
RECENT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Period:
    """A period of whole days in the current time zone. `first` and `last` are part of it; None is no bound."""

    first: date | None
    last: date | None

    def narrow(self, rows: QuerySet[Any], column: str) -> QuerySet[Any]:
        if self.first is not None:
            rows = rows.filter(**{f"{column}__gte": start_of_day(self.first)})
        if self.last is not None:
            rows = rows.filter(**{f"{column}__lt": start_of_day(self.last + timedelta(days=1))})
        return rows

    @property
    def query(self) -> dict[str, str]:
        bounds = {FROM: self.first, TO: self.last}
        return {name: day.isoformat() for name, day in bounds.items() if day is not None}


def start_of_day(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def first_recent_day() -> date:
    return timezone.localdate() - timedelta(days=RECENT_DAYS - 1)


def presets(today: date) -> Iterator[tuple[str, Period]]:
    yield gettext("Today"), Period(today, today)
    yield gettext("Last 7 days"), Period(today - timedelta(days=6), today)
    yield gettext("Last 30 days"), Period(today - timedelta(days=29), today)
    first = today.replace(day=1)
    yield gettext("This month"), Period(first, today)
    end = first - timedelta(days=1)
    yield gettext("Last month"), Period(end.replace(day=1), end)


class PeriodFilter(admin.ListFilter):
    """`?from=2026-11-01&to=2026-11-30`. A bound that is no date is ignored. Subclasses set the column."""

    title = _("period")
    template = "admin/oauth_mcp/period_filter.html"
    column = "at"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: admin.ModelAdmin
    ) -> None:
        super().__init__(request, params, model, model_admin)
        bounds = []
        # The list's other parameters, which its form sends again.
        self.others: list[tuple[str, str]] = []
        for name in (FROM, TO):
            given = params.pop(name, [""])
            text = given[-1] if isinstance(given, list) else given
            self.used_parameters[name] = text
            bounds.append(day_of(text))
        self.period = Period(*bounds)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [FROM, TO]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.period.narrow(queryset, self.column)

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        left_out = (FROM, TO, PAGE_VAR)
        self.others = [(name, value) for name, value in changelist.params.items() if name not in left_out]
        yield self._choice(changelist, gettext("Any time"), Period(None, None))
        for name, period in presets(timezone.localdate()):
            yield self._choice(changelist, name, period)

    def _choice(self, changelist: ChangeList, name: str, period: Period) -> dict[str, Any]:
        return {
            "selected": period == self.period,
            "query_string": changelist.get_query_string(period.query, [FROM, TO]),
            "display": name,
        }

    @property
    def first(self) -> str:
        return self.period.query.get(FROM, "")

    @property
    def last(self) -> str:
        return self.period.query.get(TO, "")


def day_of(text: str) -> date | None:
    """Return the date in `text`; None if it is none, or of another age than events can be."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and 1970 <= day.year < 3000 else None
