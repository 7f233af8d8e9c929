"""Rounds that alternate between what is compared, so that a moment's slowness of the machine meets all of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from tests.benchmarks.load import Run

WARM_UP_SECONDS = 1.0
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements, round by round."""

    rounds: tuple[Run, ...]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return median(each.rate for each in self.rounds)

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return median(each.p50 for each in self.rounds)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return median(each.p99 for each in self.rounds)

    @property
    def processor(self) -> float:
        """Microseconds of the server's processor time for one request."""
        return median(each.processor for each in self.rounds)

    def processor_over(self, other: "Measured") -> float:
        """The median of the rounds' own ratios of processor time."""
        return median(mine.processor / its.processor for mine, its in zip(self.rounds, other.rounds, strict=True))

    def over(self, other: "Measured") -> float:
        """The median of the rounds' own ratios of rates."""
        return median(mine.rate / its.rate for mine, its in zip(self.rounds, other.rounds, strict=True))


def alternate(loads: Mapping[Key, Callable[[float], Run]], seconds: float, rounds: int) -> dict[Key, Measured]:
    """Return the rate of each load in `rounds` of so many seconds, after a short one that does not count."""
    for load in loads.values():
        load(WARM_UP_SECONDS)
    runs: dict[Key, list[Run]] = {name: [] for name in loads}
    for _ in range(rounds):
        for name, load in loads.items():
            runs[name].append(load(seconds))
    return {name: Measured(tuple(measured)) for name, measured in runs.items()}
