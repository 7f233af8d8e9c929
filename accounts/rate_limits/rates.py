"""Rates of the setting LIMITS, and the quotas of keys."""

from functools import cache

import limits
from limits import RateLimitItem, RateLimitItemPerMinute

from accounts.conf import conf
from accounts.http.address import wider_network
from accounts.rate_limits.quota import Quota

OFF = ("", "0")
# The limit of an IPv6 /48, as a multiple of a /64's: it may belong to one attacker, or to a site of many people.
SITE_FACTOR = 16


def quotas(**keys: object) -> list[Quota]:
    """Return a quota for each limit in `keys` (its name in LIMITS and the key that it counts) that is not off.

    A key that ends with an IPv6 network (accounts/http/address.py) also counts for the /48 around it, whose limit is
    `SITE_FACTOR` times as high.
    """
    return [quota for name, key in keys.items() for quota in _quotas_of(name, str(key))]


def _quotas_of(name: str, key: str) -> list[Quota]:
    rate = rate_of(conf.LIMITS[name])
    if rate is None:
        return []
    subject, _, network = key.rpartition(" ")
    wider = wider_network(network) if ":" in network else ""
    return [Quota(name, key, rate), *([Quota(name, f"{subject} {wider}".strip(), _wider(rate))] if wider else [])]


@cache
def _wider(rate: RateLimitItem) -> RateLimitItem:
    return type(rate)(rate.amount * SITE_FACTOR, rate.multiples)


@cache
def rate_of(text: str) -> RateLimitItem | None:
    """Parse a rate such as `600/minute`; None where there is no limit. Raises ValueError."""
    if text.strip() in OFF:
        return None
    rate = limits.parse(text)
    if rate.amount < 1 or rate.get_expiry() < 1:
        raise ValueError(f"{text!r} allows no requests.")
    return rate


@cache
def per_minute(limit: int) -> RateLimitItem:
    return RateLimitItemPerMinute(limit)
