"""Rate limits, counted together for all processes, on Redis or in the database.

    statuses = rate_limits.hit(*rate_limits.quotas(tokens_address=address))    # raises RateLimitExceeded

The names are those of the setting LIMITS, each a rate such as `600/minute`, or `0` for no limit. `counting` chooses the
store, `leases` counts most calls of a process in memory, and `headers` reports the limits to clients.
"""

from accounts.rate_limits import leases
from accounts.rate_limits.counting import hit, refund
from accounts.rate_limits.headers import headers, refusal_headers, set_headers
from accounts.rate_limits.quota import Quota, QuotaStatus, RateLimitExceeded
from accounts.rate_limits.rates import per_minute, quotas

__all__ = [
    "Quota",
    "QuotaStatus",
    "RateLimitExceeded",
    "headers",
    "hit",
    "leases",
    "per_minute",
    "quotas",
    "refund",
    "refusal_headers",
    "set_headers",
]
