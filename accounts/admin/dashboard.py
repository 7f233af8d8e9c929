"""Data of the front page of admin: calls, people, clients, slow and failing tools, reasons of refusals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.admin_base.filters import recently_active
from accounts.admin_base.period import RECENT_DAYS, first_recent_day, start_of_day
from accounts.diagnosis.explanations import rule_of
from accounts.models import CLIENT_CALLS, Client, Event
from accounts.user_model import User

DAYS = RECENT_DAYS
# The tools are those of a week, as on their pages.
TOOL_DAYS = 7
MOST_LISTED = 5
TOOL = "tools/call "
OUTCOMES = (Event.Outcome.OK, Event.Outcome.REFUSED, Event.Outcome.FAILED)

# The size of the chart and the gap between its columns, in SVG units.
WIDTH, HEIGHT, GAP = 700, 160, 8


@dataclass(slots=True)
class Bar:
    """The part of a day's column for one outcome."""

    outcome: str
    count: int
    y: float
    height: float


@dataclass(slots=True)
class Day:
    """A day's number of calls by outcome, and its column in the chart."""

    day: date
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    x: float = 0
    width: float = 0
    bars: list[Bar] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(slots=True)
class ToolUse:
    """The calls of a tool. `duration` is their total, `ms` their mean, in milliseconds."""

    name: str
    calls: int = 0
    failed: int = 0
    duration: int = 0

    @property
    def ms(self) -> int:
        return self.duration // self.calls if self.calls else 0

    @property
    def failed_percent(self) -> int:
        return round(100 * self.failed / self.calls) if self.calls else 0


@dataclass(frozen=True, slots=True)
class Dashboard:
    days: list[Day]
    people: int
    clients: int
    waiting: int
    slowest: list[ToolUse]
    failing: list[ToolUse]
    refusals: list[dict[str, Any]]

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def calls(self) -> int:
        return sum(day.total for day in self.days)

    @property
    def calls_today(self) -> int:
        return self.days[-1].total

    @property
    def today(self) -> date:
        return self.days[-1].day

    @property
    def first_day(self) -> date:
        return self.days[0].day

    @property
    def most(self) -> int:
        return max(day.total for day in self.days)


def dashboard() -> Dashboard:
    """Return the figures of the last DAYS days, and of the tools in TOOL_DAYS days. Takes five queries."""
    since = start_of_day(first_recent_day())
    calls = Event.objects.filter(CLIENT_CALLS, at__gte=since)
    rows = list(
        calls.annotate(day=TruncDate("at"))
        .order_by()
        .values("day", "action", "outcome")
        .annotate(count=Count("pk"), duration=Sum("duration_ms"))
    )
    week = timezone.localdate() - timedelta(days=TOOL_DAYS - 1)
    tools = tools_of(row for row in rows if row["day"] >= week)
    return Dashboard(
        days=lay_out(days_of(rows)),
        people=recently_active(User._default_manager.all()).count(),
        clients=recently_active(Client.objects.all()).count(),
        waiting=Client.objects.filter(approved_at=None, suspended_at=None).count(),
        slowest=sorted(tools, key=lambda tool: -tool.ms)[:MOST_LISTED],
        failing=sorted((t for t in tools if t.failed), key=lambda t: (-t.failed, t.name))[:MOST_LISTED],
        refusals=[refusal | {"rule": rule_of(refusal["reason"])} for refusal in refusals_since(since)],
    )


def refusals_since(since: datetime) -> QuerySet[Event, Any]:
    """Return the most frequent reasons of refusals, without that of a client's first request, which has no token."""
    refused = Event.objects.filter(outcome=Event.Outcome.REFUSED, at__gte=since).exclude(reason="missing_token")
    counted = refused.order_by().values("reason").annotate(count=Count("pk"))
    return counted.order_by("-count", "reason")[:MOST_LISTED]


def days_of(rows: Iterable[Mapping[str, Any]]) -> list[Day]:
    """Return all days, oldest first, including those without calls."""
    today = timezone.localdate()
    days = {day: Day(day) for day in (today - timedelta(days=back) for back in reversed(range(DAYS)))}
    for row in rows:
        if row["day"] in days:
            days[row["day"]].counts[row["outcome"]] += row["count"]
    return list(days.values())


def tools_of(rows: Iterable[Mapping[str, Any]]) -> list[ToolUse]:
    """Sum up `rows` by tool."""
    tools: dict[str, ToolUse] = {}
    for row in rows:
        if row["action"].startswith(TOOL):
            name = row["action"].removeprefix(TOOL)
            tool = tools.setdefault(name, ToolUse(name))
            tool.calls += row["count"]
            tool.duration += row["duration"] or 0
            tool.failed += row["count"] if row["outcome"] == Event.Outcome.FAILED else 0
    return list(tools.values())


def lay_out(days: list[Day]) -> list[Day]:
    """Set the position and size of each day's column, and return `days`. The highest column fills the chart."""
    width = WIDTH / len(days)
    scale = HEIGHT / max(1, *(day.total for day in days))
    for number, day in enumerate(days):
        day.x, day.width = round(number * width + GAP / 2, 1), round(width - GAP, 1)
        top = float(HEIGHT)
        for outcome in OUTCOMES:
            count = day.counts.get(outcome, 0)
            if count:
                # A single call among thousands must be visible.
                height = max(2.0, round(count * scale, 1))
                top -= height
                day.bars.append(Bar(outcome, count, round(max(top, 0.0), 1), height))
    return days
