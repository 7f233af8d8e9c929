"""The rates that the operator set."""

from functools import cache

import limits
from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerMinute

from accounts.limits.quota import Quota

OFF = ("", "0")


def quotas(**keys: object) -> list[Quota]:
    """One for each limit, by its name in LIMITS, that is on: for whoever its key says."""
    return [Quota(name, str(key), rate) for name, key in keys.items() if (rate := rate_of(settings.LIMITS[name]))]


@cache
def rate_of(written: str) -> RateLimitItem | None:
    """`600/minute` as the library has it; None where there is no limit. Raises ValueError."""
    if written.strip() in OFF:
        return None
    rate = limits.parse(written)
    if rate.amount < 1 or rate.get_expiry() < 1:
        raise ValueError(f"{written!r} leaves nothing.")
    return rate


@cache
def per_minute(at_most: int) -> RateLimitItem:
    return RateLimitItemPerMinute(at_most)
