"""Quotas on Redis, by the moving window of the `limits` library: one atomic script for each quota."""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis, RedisError

from accounts.conf import conf
from accounts.rate_limits.quota import SECOND, Quota, QuotaStatus

__all__ = ["RedisError", "ping", "refund", "take"]

# The longest time that a call waits for Redis.
TIMEOUT_SECONDS = 1.0


def take(quotas: Sequence[Quota], counts: Sequence[int]) -> list[QuotaStatus]:
    """Count the number of requests in `counts` for each of `quotas`, and return the statuses.

    Where one would be exceeded, nothing is counted for the others, and its status is the last. Raises redis.RedisError.
    """
    statuses: list[QuotaStatus] = []
    for quota, count in zip(quotas, counts, strict=True):
        statuses.append(_take(quota, count, narrowest=not statuses))
        if not statuses[-1].granted:
            for status, taken in zip(statuses[:-1], counts, strict=False):
                refund(status.quota, taken)
            break
    return statuses


def refund(quota: Quota, count: int = 1) -> None:
    """Take back the last requests. The library has no function for it; its window is a list, the newest first."""
    storage = _storage()
    _redis().ltrim(storage.prefixed_key(quota.rate.key_for(quota.row)), quota.capped(count), -1)


def ping() -> None:
    """Raise redis.RedisError where Redis does not respond."""
    _redis().ping()


def _take(quota: Quota, count: int, *, narrowest: bool) -> QuotaStatus:
    limiter = _limiter(conf.REDIS_URL)
    granted = limiter.hit(quota.rate, quota.row, cost=quota.capped(count))
    if granted and not narrowest:
        # The remaining requests of the other quotas are not reported, which saves a round trip.
        return QuotaStatus(quota, True, 0, 0)
    window = limiter.get_window_stats(quota.rate, quota.row)
    # Until the oldest request leaves the window; both times are of the same clock.
    wait = max(1, int((window.reset_time - time.time()) * SECOND))
    return QuotaStatus(quota, granted, max(0, window.remaining) if granted else 0, wait)


def _redis() -> Redis:
    return cast(Redis, _storage().get_connection())


def _storage() -> RedisStorage:
    return cast(RedisStorage, _limiter(conf.REDIS_URL).storage)


@lru_cache(maxsize=1)
def _limiter(url: str) -> MovingWindowRateLimiter:
    storage = RedisStorage(
        url, key_prefix="limits", socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    return MovingWindowRateLimiter(storage)
