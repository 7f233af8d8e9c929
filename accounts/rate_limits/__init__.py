"""Rate limits: one count for all processes, on Redis or in the database.

    statuses = limits.hit(*limits.quotas(tokens_address=address))    # raises RateLimitExceeded

The names are those of the setting LIMITS, each a rate such as `600/minute`, or `0` for none. `counting` says where it
is counted, `leases` how a process counts most calls without asking there, `headers` how a client learns of it.
"""

from accounts.rate_limits import leases
from accounts.rate_limits.counting import hit, refund
from accounts.rate_limits.headers import headers, refusal_headers, tell
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
    "tell",
]
