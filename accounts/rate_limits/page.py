"""The page for a request beyond a rate limit (429): how long to wait, and the way back."""

from math import ceil
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import escape_leading_slashes
from django.utils.translation import npgettext, pgettext

from accounts import rate_limits

# In seconds.
MINUTE, HOUR = 60, 3600
# It has no page of its own: its button is on the sign-in page.
SIGN_IN_BY_PASSKEY = "mfa_login_webauthn"
# In characters, of an address that is repeated in another one.
LONGEST_NEXT = 2500
UNREADABLE = (BadRequest, SuspiciousOperation, UnreadablePostError, MultiPartParserError)


def too_many_page(request: HttpRequest, exceeded: rate_limits.RateLimitExceeded) -> HttpResponse:
    response = _page(request, exceeded.retry_after)
    rate_limits.set_headers(response, rate_limits.refusal_headers(exceeded))
    return response


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for limits of allauth, which do not say how long to wait (`handler429` in config/urls.py)."""
    return _page(request, 0)


def _page(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"seconds": seconds, "wait": wait_in_words(seconds), "back": way_back(request)}
    response = render(request, "429.html", context, status=429)
    add_never_cache_headers(response)
    return response


def wait_in_words(seconds: int) -> str:
    """Return a time to wait, rounded up: `40 seconds`, `3 minutes`, `2 hours`. Zero is an unknown time."""
    if not seconds:
        # Translators: The time in "Please wait …, then try again.", as are the next three.
        return pgettext("to wait", "a few minutes")
    if seconds < MINUTE:
        number = ceil(seconds)
        text = npgettext("to wait", "%(number)d second", "%(number)d seconds", number)
    elif seconds <= HOUR:
        number = ceil(seconds / MINUTE)
        text = npgettext("to wait", "%(number)d minute", "%(number)d minutes", number)
    else:
        number = ceil(seconds / HOUR)
        text = npgettext("to wait", "%(number)d hour", "%(number)d hours", number)
    return text % {"number": number}


def way_back(request: HttpRequest) -> str:
    """Return the path to continue at after the wait: always one of this server, with the page's own query.

    A form that was sent may have the person's `next` in its body. It is repeated in the query of its page, which checks
    it before anybody is redirected.
    """
    following = _sent_next(request)
    is_passkey = request.resolver_match is not None and request.resolver_match.url_name == SIGN_IN_BY_PASSKEY
    if not is_passkey and not following:
        return escape_leading_slashes(request.get_full_path())
    path = reverse("account_login") if is_passkey else escape_leading_slashes(request.path)
    return f"{path}?{urlencode({'next': following}, safe='/')}" if following else path


def _sent_next(request: HttpRequest) -> str:
    """Return the path in the parameter `next` of a form; empty if there is none, or if it is too long or no path."""
    try:
        following = request.POST.get("next", "")
    except UNREADABLE:
        following = ""
    # Browsers read a backslash as a slash, and two of them as the beginning of a host.
    is_path = following.startswith("/") and not following.replace("\\", "/").startswith("//")
    return following if is_path and len(following) <= LONGEST_NEXT else ""
