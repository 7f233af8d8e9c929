"""Authorization requests that wait in the browser's session for a sign-in.

Most requests wait in the address of the sign-in page. A long one would make that address longer than servers accept.
One that asks for a new sign-in needs the time of its arrival, which must not come from a parameter.
"""

import time
from dataclasses import dataclass
from secrets import token_urlsafe

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.grants.sign_in_requirements import may_need_sign_in

PARAMETER = "pending"
SESSION_KEY = "authorization_requests"
# In characters: the sign-in page has the address in its own, where many characters take three times the space.
LONGEST_IN_ADDRESS = 2000
LIFETIME_SECONDS = 3600
# Of one session; the oldest go first. The size is in characters: config/http/page_middleware.py has the session's.
MOST = 5
LARGEST = 12_000

# Key, query, and the time of arrival.
Stored = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class PendingRequest:
    path: str
    parameters: QueryDict
    received_at: float


class RequestTooLong(ValueError):
    """A request that is too long for the session."""


def find(request: HttpRequest) -> PendingRequest | None:
    """Return the request that `request` names by PARAMETER, from its own session; None if it does not wait there."""
    key = request.GET.get(PARAMETER, "")
    for stored, query, received_at in stored_in(request):
        if stored == key and received_at > time.time() - LIFETIME_SECONDS:
            return PendingRequest(_path(key), QueryDict(query), received_at)
    return None


def path_to_continue(request: HttpRequest, pending: PendingRequest | None) -> str:
    """Return a short path that continues the authorization request after a sign-in.

    `pending` is the request that is being continued already. Raises RequestTooLong.
    """
    if pending is not None:
        return pending.path
    path = request.get_full_path()
    if len(path) <= LONGEST_IN_ADDRESS and not may_need_sign_in(request.GET):
        return path
    return _keep(request, path.partition("?")[2])


def stored_in(request: HttpRequest) -> list[Stored]:
    """Return the requests in the session, oldest first."""
    stored = request.session.get(SESSION_KEY, [])
    return [(key, query, received_at) for key, query, received_at in stored]


def store(request: HttpRequest, requests: list[Stored]) -> None:
    """Keep the last of `requests` in the session, within its limits."""
    kept: list[Stored] = []
    for each in reversed(requests[-MOST:]):
        if sum(len(query) for _, query, _ in [*kept, each]) > LARGEST:
            break
        kept.insert(0, each)
    request.session[SESSION_KEY] = kept


def _keep(request: HttpRequest, query: str) -> str:
    if len(query) > LARGEST:
        raise RequestTooLong
    key = token_urlsafe(16)
    store(request, [*stored_in(request), (key, query, time.time())])
    return _path(key)


def _path(key: str) -> str:
    return f"{reverse('oauth_mcp:authorize')}?{PARAMETER}={key}"
