"""Counting of quotas: on Redis where REDIS_URL is set, otherwise, and during an outage of Redis, in the database.

A limit that fails open could be disabled by an attack on Redis; one that fails closed would make the server unavailable
with it. So the database, which the server needs anyway, continues with new counts.
"""

import logging
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TypeVar

from accounts.conf import conf
from accounts.rate_limits import in_database
from accounts.rate_limits.quota import Quota, QuotaStatus, RateLimitExceeded

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# For how long Redis is not used after it did not respond, so that not every call waits for it.
RETRY_SECONDS = 5


class Outage:
    """An outage of Redis, as this process knows it. Start and end are logged once each."""

    ends_at = 0.0
    is_reported = False

    def __init__(self) -> None:
        # Called with True at the start and False at the end of an outage.
        self.observers: list[Callable[[bool], None]] = []

    def is_active(self) -> bool:
        return time.monotonic() < self.ends_at

    def start(self, error: Exception) -> None:
        self.ends_at = time.monotonic() + RETRY_SECONDS
        if not self.is_reported:
            self.is_reported = True
            logger.error("Redis does not respond (%s): the database takes its place.", error)
            self._observe()

    def end(self) -> None:
        if self.is_reported:
            self.is_reported, self.ends_at = False, 0.0
            logger.warning("Redis responds again.")
            self._observe()

    def _observe(self) -> None:
        for observe in self.observers:
            try:
                observe(self.is_reported)
            except Exception as error:
                # Such as a full disk, which must not fail the request that is being counted.
                logger.warning("The metric of an outage of Redis failed: %r", error)


outage = Outage()


def hit(*quotas: Quota, count: int = 1) -> list[QuotaStatus]:
    """Count `count` requests for each of `quotas`, the narrowest first. Returns the statuses. Raises RateLimitExceeded.

    A request beyond one quota is not counted for the others. Must not be called inside a transaction that may be rolled
    back or last long: its locks would block other requests.
    """
    return require_granted(take(quotas, [count] * len(quotas)))


def take(quotas: Sequence[Quota], counts: Sequence[int]) -> list[QuotaStatus]:
    """Count the number of requests in `counts` for each of `quotas`, or none where one would be exceeded.

    Returns the statuses. Those after an exceeded one may be missing.
    """
    return _with_store(lambda store: store.take(quotas, counts)) if quotas else []


def require_granted(statuses: list[QuotaStatus]) -> list[QuotaStatus]:
    """Return `statuses` unchanged. Raises RateLimitExceeded where one was not granted."""
    for status in statuses:
        if not status.granted:
            raise RateLimitExceeded(status)
    return statuses


def refund(*quotas: Quota) -> None:
    """Take back one request of each of `quotas`."""
    _with_store(lambda store: [store.refund(quota) for quota in quotas])


def check_redis() -> None:
    """Check whether Redis responds, and start or end the outage. Takes a few seconds at most."""
    from accounts.rate_limits import on_redis

    try:
        on_redis.ping()
    except on_redis.RedisError as error:
        outage.start(error)
    else:
        outage.end()


def _with_store(act: Callable[[ModuleType], Result]) -> Result:
    if conf.REDIS_URL and not outage.is_active():
        # Imported here, since the client is large and not every server uses Redis.
        from accounts.rate_limits import on_redis

        try:
            result = act(on_redis)
        except on_redis.RedisError as error:
            outage.start(error)
        else:
            outage.end()
            return result
    return act(in_database)
