"""Figures of a fault, and the rules that did not hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field


class Lacking(Exception):
    """This machine cannot have the fault: the message says what it lacks."""


@dataclass
class Report:
    name: str
    figures: dict[str, object] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    # Why nothing was measured, where nothing was.
    left_out: str = ""

    def must(self, holds: bool, rule: str) -> None:
        if not holds:
            self.violations.append(rule)

    def __str__(self) -> str:
        lines = [self.name, *(f"  {what:<44} {figure}" for what, figure in self.figures.items())]
        lines += [f"  LEFT OUT: {self.left_out}"] if self.left_out else []
        return "\n".join([*lines, *(f"  VIOLATED: {rule}" for rule in self.violations)])


def counted(things: Iterable[object]) -> str:
    """Return the number of each, such as `200 × 99, 400 × 1`."""
    names = [str(thing) for thing in things]
    return ", ".join(f"{name} × {names.count(name)}" for name in sorted(set(names))) or "none"
