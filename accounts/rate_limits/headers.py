"""Headers that report rate limits: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4, and Retry-After.

They report only the first quota, which is the narrowest: the others are shared, and what is left of them is not
disclosed.
"""

from collections.abc import Mapping, Sequence

from django.http.response import HttpResponseBase

from accounts.rate_limits.quota import QuotaStatus, RateLimitExceeded


def headers(statuses: Sequence[QuotaStatus]) -> dict[str, str]:
    """Return RateLimit-Policy and RateLimit for the first of `statuses`; no headers where there is none."""
    if not statuses:
        return {}
    first = statuses[0]
    return {
        "RateLimit-Policy": f'"{first.quota.name}";q={first.quota.limit};w={first.quota.seconds}',
        "RateLimit": f'"{first.quota.name}";r={first.remaining};t={first.seconds}',
    }


def refusal_headers(exceeded: RateLimitExceeded) -> dict[str, str]:
    """Return the same for the quota that was exceeded, with Retry-After."""
    return {**headers([exceeded.status]), "Retry-After": str(exceeded.retry_after)}


def set_headers(response: HttpResponseBase, fields: Mapping[str, str]) -> None:
    """Set `fields` on a response, except those that it has already."""
    for name, value in fields.items():
        response.headers.setdefault(name, value)
