"""An explanation of a reason in the audit log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rule that refused a request, and what to do."""

    rule: str
    remedy: str
