"""Figures of the calls of a tool, a client or a person: by day, by outcome and by reason."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, F, QuerySet, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.admin_base.period import start_of_day
from accounts.diagnosis.explanations import rule_of
from accounts.diagnosis.search import first_since
from accounts.models import CLIENT_CALLS, Event

DAYS = 30
WEEK = 7
MOST_REASONS = 10
# Durations are exact to the millisecond up to here, and above to a tenth of a second, which bounds the query's rows.
EXACT_MS, STEP_MS = 1000, 100


@dataclass(slots=True)
class Calls:
    """Calls of some days: how many by outcome, and how many took how long, in milliseconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    durations: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.outcomes.total()

    @property
    def failed(self) -> int:
        return self.outcomes[Event.Outcome.FAILED]

    @property
    def p50(self) -> int | None:
        return self.percentile(50)

    @property
    def p95(self) -> int | None:
        return self.percentile(95)

    def percentile(self, percent: int) -> int | None:
        """Return the duration in milliseconds that so many percent of the calls did not exceed; None without calls."""
        remaining = -(-self.durations.total() * percent // 100)
        for duration in sorted(self.durations):
            remaining -= self.durations[duration]
            if remaining <= 0:
                return duration
        return None

    def count(self, outcome: str, ms: int | None, number: int) -> None:
        """Add `number` calls with the same outcome and duration."""
        self.outcomes[outcome] += number
        # A refused call has not run.
        if ms is not None and outcome != Event.Outcome.REFUSED:
            self.durations[ms] += number

    def add(self, other: "Calls") -> None:
        self.outcomes += other.outcomes
        self.durations += other.durations


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for which calls were refused or failed, with the sentence that explains it."""

    outcome: str
    reason: str
    count: int

    @property
    def rule(self) -> str:
        return rule_of(self.reason)


@dataclass(frozen=True)
class Figures:
    days: dict[date, Calls]
    reasons: list[Reason]

    @cached_property
    def whole(self) -> Calls:
        return summed(self.days.values())

    @cached_property
    def this_week(self) -> Calls:
        return summed(list(self.days.values())[-WEEK:])

    @cached_property
    def last_week(self) -> Calls:
        return summed(list(self.days.values())[-2 * WEEK : -WEEK])


def figures_of(events: QuerySet[Event]) -> Figures:
    """Return the figures of the calls of clients among `events` in the last DAYS days. Takes three queries."""
    today = timezone.localdate()
    days = {today - timedelta(days=back): Calls() for back in reversed(range(DAYS))}
    recent = since(events.filter(CLIENT_CALLS), next(iter(days)))
    counted = recent.annotate(day=TruncDate("at"), ms=milliseconds()).order_by().values("day", "outcome", "ms")
    for row in counted.annotate(number=Count("pk")):
        add_row(days, row)
    not_ok = recent.exclude(outcome=Event.Outcome.OK).order_by().values("outcome", "reason").annotate(count=Count("pk"))
    reasons = [Reason(**row) for row in not_ok.order_by("-count", "reason")[:MOST_REASONS]]
    return Figures(days, reasons)


def milliseconds() -> Case:
    """Return the duration by which calls are grouped."""
    return Case(When(duration_ms__lt=EXACT_MS, then=F("duration_ms")), default=F("duration_ms") / STEP_MS * STEP_MS)


def since(events: QuerySet[Event], day: date) -> QuerySet[Event]:
    """Return `events` from the beginning of `day` on, by their keys, with which the indexes of events end."""
    begins = start_of_day(day)
    first = first_since(begins)
    return events.none() if first is None else events.filter(pk__gte=first, at__gte=begins)


def add_row(days: dict[date, Calls], row: Mapping[str, Any]) -> None:
    # The events of the last second may be of a day that has just begun.
    calls = days.get(row["day"])
    if calls is not None:
        calls.count(row["outcome"], row["ms"], row["number"])


def summed(days: Iterable[Calls]) -> Calls:
    whole = Calls()
    for each in days:
        whole.add(each)
    return whole
