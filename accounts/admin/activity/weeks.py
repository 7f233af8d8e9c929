"""Calls of each tool in the last seven days, and in the seven days before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import BooleanField, Case, Count, Value, When
from django.utils import timezone

from accounts.admin.activity.figures import WEEK, Calls, milliseconds, since
from accounts.admin_base.filters import ToolFilter
from accounts.admin_base.period import start_of_day
from accounts.models import CLIENT_CALLS, Event

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Weeks:
    """Calls of the last seven days, today included, and of the seven days before."""

    this: Calls = field(default_factory=Calls)
    last: Calls = field(default_factory=Calls)

    @property
    def change_of_calls(self) -> str:
        return percent(self.this.total, self.last.total)

    @property
    def change_of_failures(self) -> str:
        """The difference as a number: percentages of a few failures say little."""
        difference = self.this.failed - self.last.failed
        return signed(difference) if difference else ""

    @property
    def change_of_p95(self) -> str:
        return percent(self.this.p95 or 0, self.last.p95 or 0) if self.this.total else ""


def percent(now: int, before: int) -> str:
    """Return the change in percent, such as `+12 %`; "" where there was nothing before."""
    if not before:
        return ""
    return signed(round(100 * (now - before) / before)) + " %"


def signed(number: int) -> str:
    return f"{number:+,d}".replace("-", MINUS) if number else "±0"


def weeks_by_tool(names: Iterable[str]) -> dict[str, Weeks]:
    """Return the calls of each tool in `names`. Takes two queries."""
    weeks = {f"{ToolFilter.PREFIX}{name}": Weeks() for name in names}
    today = timezone.localdate()
    calls = Event.objects.filter(CLIENT_CALLS, action__in=list(weeks))
    recent = since(calls, today - timedelta(days=2 * WEEK - 1))
    begins = start_of_day(today - timedelta(days=WEEK - 1))
    is_this = Case(When(at__gte=begins, then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = recent.annotate(is_this=is_this, ms=milliseconds()).order_by().values("action", "is_this", "outcome", "ms")
    for row in rows.annotate(number=Count("pk")):
        of_tool = weeks[row["action"]]
        (of_tool.this if row["is_this"] else of_tool.last).count(row["outcome"], row["ms"], row["number"])
    return {action.removeprefix(ToolFilter.PREFIX): calls for action, calls in weeks.items()}
