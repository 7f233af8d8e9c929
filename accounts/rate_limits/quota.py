"""Quotas, their status, and the error of one that is spent."""

import math
from dataclasses import dataclass

from limits import RateLimitItem

SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Quota:
    """So much, at `rate`, for whoever `key` names; `name` says what of."""

    name: str
    key: str
    rate: RateLimitItem

    @property
    def row(self) -> str:
        """Under which it is counted."""
        return f"{self.name} {self.key}"

    @property
    def at_most(self) -> int:
        return self.rate.amount

    @property
    def seconds(self) -> int:
        return self.rate.get_expiry()

    @property
    def period(self) -> int:
        """In microseconds."""
        return self.seconds * SECOND

    @property
    def cost(self) -> int:
        """Microseconds until one more is there, at a steady pace."""
        return max(1, self.period // self.at_most)

    def of(self, count: int) -> int:
        """What `count` at once are here: as many as there ever can be, at most."""
        return min(count, self.at_most)


@dataclass(frozen=True, slots=True)
class QuotaStatus:
    """Whether what was asked for is `granted`; `remaining` are left; `wait` is until there is more (µs)."""

    quota: Quota
    granted: bool
    remaining: int
    wait: int

    @property
    def seconds(self) -> int:
        return max(1, math.ceil(self.wait / SECOND))


class RateLimitExceeded(Exception):
    """There is nothing left of it; `retry_after` is in how many seconds there will be."""

    def __init__(self, status: QuotaStatus) -> None:
        self.status, self.retry_after = status, status.seconds
        super().__init__(f"Try again in {self.retry_after} second{'' if self.retry_after == 1 else 's'}.")
