"""A clock and quotas for the tests of leases."""

from accounts.rate_limits import Quota, RateLimitExceeded
from accounts.rate_limits.leases import Leases, _key_of
from accounts.rate_limits.rates import rate_of

# The clock of blocks. It is set, so that no test depends on the speed of the machine.
NOW = 1000.0


class Clock:
    now = NOW

    def monotonic(self) -> float:
        return self.now


def quota(written: str = "1000/day", key: str = "ada", name: str = "calls_person") -> Quota:
    rate = rate_of(written)
    assert rate is not None
    return Quota(name, key, rate)


def spends(process: Leases, *quotas: Quota, count: int = 1) -> bool:
    """Return whether a request is granted."""
    if process.hit_locally(*quotas, count=count) is not None:
        return True
    try:
        return bool(process.hit(*quotas, count=count))
    except RateLimitExceeded:
        return False


def let_through(process: Leases, *quotas: Quota, tries: int) -> int:
    return sum(spends(process, *quotas) for _ in range(tries))


def in_hand(process: Leases, of: Quota) -> int:
    block = process._blocks.get(_key_of(of))
    return block.left if block is not None else 0
