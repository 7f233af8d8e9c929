"""Our views in a site, each with what middleware does in this project: request ids, sizes, languages, headers."""

from collections.abc import Callable
from functools import partial, wraps
from io import SEEK_END
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_protect

from accounts.audit import request_ids
from accounts.http.address import endpoint_of
from accounts.languages.requests import respond
from mcp_api.site.view_headers import add_headers, preflight
from mcp_api.transport.application import most_octets

View = Callable[..., HttpResponseBase]

# For forms and client metadata from anyone (config/http/bodies.py).
SMALL_OCTETS = 65_536


def wrap_patterns(patterns: list[Any]) -> list[Any]:
    """Return the patterns of a URLconf, whose views are wrapped; includes stay as they are."""
    return [
        URLPattern(each.pattern, wrap_view(each.callback), each.default_args, each.name)
        if isinstance(each, URLPattern)
        else each
        for each in patterns
    ]


def wrap_view(view: View) -> View:
    """Return `view` with what middleware does around it in this project."""
    # No form may depend on the site's middleware, which does this in its place. Views for programs are exempt.
    protected = csrf_protect(view)

    @wraps(view)  # with `csrf_exempt` and the like
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request_id = request_ids.of(request)
        request_ids.current.set(request_id)
        is_stream = False
        try:
            limit_body(request)
            response: Any = preflight(request) or respond(request, partial(protected, request, *args, **kwargs))
            add_headers(request, response)
            response[request_ids.HEADER] = request_id
            is_stream = response.streaming
        finally:
            if not is_stream:
                forget_request_id()
        if is_stream:
            # Django calls these when it closes a response.
            response._resource_closers.append(forget_request_id)
        return response

    # Each view asks for a sign-in and begins transactions where it needs them, whatever a site demands of all views
    # (LoginRequiredMiddleware, ATOMIC_REQUESTS): programs cannot sign in, and refusals are recorded.
    return transaction.non_atomic_requests(login_not_required(wrapped))


def forget_request_id() -> None:
    """Clear the id: the thread's next work belongs to another request, or to none."""
    request_ids.current.set("")


class TooLarge:
    """Body of a request that is refused when a view reads it, which it answers in its own format."""

    def read(self, *args: object) -> bytes:
        raise RequestDataTooBig("The body is too large.")

    readline = read

    def close(self) -> None:
        """Do nothing."""


def limit_body(request: Any) -> None:
    """Refuse a body that is too large for its path. Raises RequestDataTooBig where it was already read."""
    most = most_octets()
    if endpoint_of(request.path_info) is None:
        most = min(most, SMALL_OCTETS)
    if size_of_body(request) <= most:
        return
    if request._read_started:
        raise RequestDataTooBig("The body is too large.")
    request._stream = TooLarge()


def size_of_body(request: Any) -> int:
    """Return the length that the request declares; on an event loop, where Django has received it, its real one."""
    if hasattr(request, "scope") and not request._read_started:
        octets: int = request._stream.seek(0, SEEK_END)
        request._stream.seek(0)
        return octets
    length = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdecimal() else 0
