"""The rates that the operator set."""

from functools import cache

import limits
from limits import RateLimitItem, RateLimitItemPerMinute

from accounts.conf import conf
from accounts.http.address import wider_network
from accounts.rate_limits.quota import Quota

OFF = ("", "0")
# How many /64 networks' worth an IPv6 /48 has: it may be one attacker's, or a site of many people.
WIDER = 16


def quotas(**keys: object) -> list[Quota]:
    """One for each limit, by its name in LIMITS, that is on: for whoever its key says.

    A key that ends with an IPv6 network (accounts/http/address.py) counts for the /48 around it too, `WIDER` times as
    much.
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
    return type(rate)(rate.amount * WIDER, rate.multiples)


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
