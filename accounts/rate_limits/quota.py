"""Quotas, their status, and the error where one is exceeded."""

import math
from dataclasses import dataclass

from limits import RateLimitItem

SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Quota:
    """The limit `name`, with its `rate`, of one `key`: a person, client or address."""

    name: str
    key: str
    rate: RateLimitItem

    @property
    def row(self) -> str:
        """The key of its count in the store."""
        return f"{self.name} {self.key}"

    @property
    def limit(self) -> int:
        return self.rate.amount

    @property
    def seconds(self) -> int:
        return self.rate.get_expiry()

    @property
    def period(self) -> int:
        """The period of the rate, in microseconds."""
        return self.seconds * SECOND

    @property
    def cost(self) -> int:
        """Microseconds in which one request is refilled, at a steady rate."""
        return max(1, self.period // self.limit)

    def capped(self, count: int) -> int:
        """Return `count`, or the whole limit where that is smaller."""
        return min(count, self.limit)


@dataclass(frozen=True, slots=True)
class QuotaStatus:
    """The status of a quota after a request. `remaining` requests are left; `wait` is until more are (µs)."""

    quota: Quota
    granted: bool
    remaining: int
    wait: int

    @property
    def seconds(self) -> int:
        return max(1, math.ceil(self.wait / SECOND))


class RateLimitExceeded(Exception):
    """A quota was exceeded. `retry_after` is in seconds."""

    def __init__(self, status: QuotaStatus) -> None:
        self.status, self.retry_after = status, status.seconds
        super().__init__(f"Try again in {self.retry_after} second{'' if self.retry_after == 1 else 's'}.")
