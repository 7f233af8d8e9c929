"""Rate limits: one count for all processes, on Redis or in the database.

    standings = limits.spend(*limits.quotas(tokens_address=address))    # raises limits.Spent

The names are those of the setting LIMITS, each a rate such as `600/minute`, or `0` for none. `counting` says where it
is counted, `leases` how a process counts most calls without asking there, `headers` how a client learns of it.
"""

from accounts.rate_limits import leases
from accounts.rate_limits.counting import give_back, spend
from accounts.rate_limits.headers import headers, refusal_headers, tell
from accounts.rate_limits.quota import Quota, Spent, Standing
from accounts.rate_limits.rates import per_minute, quotas

__all__ = [
    "Quota",
    "Spent",
    "Standing",
    "give_back",
    "headers",
    "leases",
    "per_minute",
    "quotas",
    "refusal_headers",
    "spend",
    "tell",
]
