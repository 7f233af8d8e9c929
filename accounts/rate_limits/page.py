"""The page for a request beyond a rate limit (429)."""

from math import ceil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from accounts import rate_limits


def too_many_page(request: HttpRequest, exceeded: rate_limits.RateLimitExceeded) -> HttpResponse:
    response = render(request, "429.html", {"minutes": ceil(exceeded.retry_after / 60)}, status=429)
    rate_limits.set_headers(response, rate_limits.refusal_headers(exceeded))
    add_never_cache_headers(response)
    return response
