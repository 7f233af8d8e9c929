"""The form of an explanation: the rule that refused a request, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    rule: str
    remedy: str
