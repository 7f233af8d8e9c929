"""Rounds that alternate between what is compared, so that a moment's slowness of the machine meets all of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

WARM_UP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests a second, round by round."""

    rounds: tuple[float, ...]

    @property
    def rate(self) -> float:
        return median(self.rounds)

    def over(self, other: "Measured") -> float:
        """The median of the rounds' own ratios."""
        return median(mine / its for mine, its in zip(self.rounds, other.rounds, strict=True))


def alternate(loads: Mapping[str, Callable[[float], float]], seconds: float, rounds: int) -> dict[str, Measured]:
    """What each load reaches in `rounds` of so many seconds, after a short one that does not count."""
    for load in loads.values():
        load(WARM_UP_SECONDS)
    rates: dict[str, list[float]] = {name: [] for name in loads}
    for _ in range(rounds):
        for name, load in loads.items():
            rates[name].append(load(seconds))
    return {name: Measured(tuple(measured)) for name, measured in rates.items()}
