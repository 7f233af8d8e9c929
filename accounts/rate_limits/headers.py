"""Headers that report rate limits: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4, and Retry-After.

Only the first quota is told, which is the narrowest: what is left of those that others share is not for one of them to
know.
"""

from collections.abc import Mapping, Sequence

from django.http.response import HttpResponseBase

from accounts.rate_limits.quota import QuotaStatus, RateLimitExceeded


def headers(statuses: Sequence[QuotaStatus]) -> dict[str, str]:
    """RateLimit-Policy and RateLimit for what was spent; nothing where nothing is limited."""
    if not statuses:
        return {}
    first = statuses[0]
    return {
        "RateLimit-Policy": f'"{first.quota.name}";q={first.quota.at_most};w={first.quota.seconds}',
        "RateLimit": f'"{first.quota.name}";r={first.remaining};t={first.seconds}',
    }


def refusal_headers(exceeded: RateLimitExceeded) -> dict[str, str]:
    """The same for the quota that was spent."""
    return {**headers([exceeded.status]), "Retry-After": str(exceeded.retry_after)}


def tell(response: HttpResponseBase, fields: Mapping[str, str]) -> None:
    """Put `fields` on a response that has none of them yet."""
    for name, value in fields.items():
        response.headers.setdefault(name, value)
