"""Charts of the page *Activity*, as SVG: columns of calls, and lines of durations."""

from dataclasses import dataclass

from accounts.admin.activity.figures import Calls, Figures
from accounts.admin.dashboard import HEIGHT, WIDTH, Day, lay_out


@dataclass(frozen=True, slots=True)
class Line:
    """A line of durations: the points of an SVG polyline, one for each day with calls."""

    name: str
    points: list[tuple[float, float]]

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


def columns(figures: Figures) -> list[Day]:
    """Return a column for each day, with a part for each outcome."""
    return lay_out([Day(day, calls.outcomes) for day, calls in figures.days.items()])


def slowest_ms(figures: Figures) -> int:
    """Return the duration at the top of the chart: the largest p95 of a day, in milliseconds."""
    return max((calls.p95 or 0 for calls in figures.days.values()), default=0)


def lines(figures: Figures) -> list[Line]:
    """Return the lines of p50 and p95."""
    top = max(1, slowest_ms(figures))
    return [
        Line("p95", points([calls.p95 for calls in figures.days.values()], top)),
        Line("p50", points([calls.p50 for calls in figures.days.values()], top)),
    ]


def points(values: list[int | None], top: int) -> list[tuple[float, float]]:
    width = WIDTH / len(values)
    return [
        ((number + 0.5) * width, HEIGHT - HEIGHT * value / top)
        for number, value in enumerate(values)
        if value is not None
    ]


def change(now: Calls, before: Calls) -> str:
    """Return the number of calls of this week as a change from the last: `+12 %`, or "" where there were none."""
    if not before.total:
        return ""
    return f"{round(100 * (now.total - before.total) / before.total):+d} %"
