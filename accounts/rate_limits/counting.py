"""Counting: on Redis where REDIS_URL names one, in the database otherwise, and while Redis does not answer.

A limit that fails open can be switched off by whoever brings Redis down, one that fails closed takes the server with
it: so the database, which must be there anyway, goes on counting, from nothing.
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

# For how long a Redis that did not answer is left alone: each call would wait for it in vain.
LEFT_ALONE_SECONDS = 5


class Outage:
    """Whether Redis is down, as far as this process knows; said once when it goes and once when it is back."""

    ends_at = 0.0
    told = False

    def __init__(self) -> None:
        # Told of both, by True and False; whoever counts adds itself.
        self.observers: list[Callable[[bool], None]] = []

    def is_on(self) -> bool:
        return time.monotonic() < self.ends_at

    def begins(self, error: Exception) -> None:
        self.ends_at = time.monotonic() + LEFT_ALONE_SECONDS
        if not self.told:
            self.told = True
            logger.error("Redis does not answer (%s): the database takes its place.", error)
            self._observe()

    def is_over(self) -> None:
        if self.told:
            self.told, self.ends_at = False, 0.0
            logger.warning("Redis answers again.")
            self._observe()

    def _observe(self) -> None:
        for observe in self.observers:
            try:
                observe(self.told)
            except Exception as error:
                # Such as a disk that is full. It is counted in the middle of somebody's request.
                logger.warning("An outage of Redis could not be counted: %r", error)


outage = Outage()


def hit(*quotas: Quota, count: int = 1) -> list[QuotaStatus]:
    """Take `count` of each of `quotas`, the narrowest first; returns how they stand. Raises RateLimitExceeded.

    What is spent keeps the wider ones after it from being taken. To be called outside a transaction that may be rolled
    back, or last long: it would hold everybody else up.
    """
    return granted(take(quotas, [count] * len(quotas)))


def take(quotas: Sequence[Quota], counts: Sequence[int]) -> list[QuotaStatus]:
    """Take as many of each of `quotas` as `counts` says, and return how they stand; nothing where one is spent.

    Those after the one that is spent may be missing.
    """
    return _where_it_answers(lambda store: store.take(quotas, counts)) if quotas else []


def granted(statuses: list[QuotaStatus]) -> list[QuotaStatus]:
    """The same statuses, where all were granted. Raises RateLimitExceeded."""
    for status in statuses:
        if not status.granted:
            raise RateLimitExceeded(status)
    return statuses


def refund(*quotas: Quota) -> None:
    """One of each, that was spent needlessly."""
    _where_it_answers(lambda store: [store.refund(quota) for quota in quotas])


def ask_redis() -> None:
    """Find out whether REDIS_URL's Redis answers, whatever was known of it. To wait for it takes seconds at most."""
    from accounts.rate_limits import on_redis

    try:
        on_redis.ping()
    except on_redis.RedisError as error:
        outage.begins(error)
    else:
        outage.is_over()


def _where_it_answers(act: Callable[[ModuleType], Result]) -> Result:
    if conf.REDIS_URL and not outage.is_on():
        # Its client is large, and loads more: nothing for a server without it.
        from accounts.rate_limits import on_redis

        try:
            result = act(on_redis)
        except on_redis.RedisError as error:
            outage.begins(error)
        else:
            outage.is_over()
            return result
    return act(in_database)
