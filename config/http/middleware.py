"""Middleware for all requests: ids, metrics, traces, hosts, sizes, headers of pages."""

import logging
import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.urls import resolve
from django.utils.cache import add_never_cache_headers

from accounts.audit import request_ids
from accounts.http.address import DEFAULT_PORTS, RESOURCE_PATH
from accounts.http.mount import PROBE
from accounts.http.page_headers import PERMISSIONS_POLICY
from config.http.bodies import most_octets
from config.http.loopback import foreign_address, is_loopback_name

logger = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]

# Metrics count all others as one.
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

REFUSAL = (
    "This server runs with DEBUG=true, which is for this machine only. The request was for the host {host!r}.\n"
    "To serve other machines, set DEBUG=false and PUBLIC_URL=https://{host} in .env and restart the server.\n"
)
FOREIGN = (
    "This server runs with DEBUG=true, which is for this machine only. The request came from {address!r}.\n"
    "To serve other machines, also through a proxy, a tunnel or a container's port, set DEBUG=false and\n"
    "PUBLIC_URL=https://the.public.name in .env and restart the server.\n"
)


class RequestIds:
    """Give each request an id (accounts/audit/request_ids.py), and send it with the response."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_ids.of(request)
        request_ids.current.set(request_id)
        response = self.get_response(request)
        response[request_ids.HEADER] = request_id
        if response.streaming:
            # Lines that are logged during the stream have the id too. Django calls these when it closes a response.
            response._resource_closers.append(forget_request_id)  # type: ignore[attr-defined]
        else:
            forget_request_id()
        return response


def forget_request_id() -> None:
    """Clear the id: the thread's next work belongs to another request, or to none."""
    request_ids.current.set("")


class Measured:
    """Count requests and their durations by route (accounts/metrics.py)."""

    def __init__(self, get_response: Handler) -> None:
        if not settings.METRICS_PORT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        count(endpoint_of(request), request.method or "", response.status_code, time.perf_counter() - started)
        return response


def count(endpoint: str, method: str, status: int, seconds: float) -> None:
    from accounts import metrics

    try:
        metrics.requests.labels(endpoint, method if method in METHODS else metrics.OTHER, status).inc()
        metrics.request_seconds.labels(endpoint).observe(seconds)
    except Exception as error:
        # Such as a full disk, for which no request is to fail.
        logger.warning("A request could not be counted: %r", error)


def count_call(method: str, status: int, seconds: float) -> None:
    """Count a request to /mcp that did not pass Django's middleware (mcp_api/transport/application.py)."""
    count(readable(resolve(RESOURCE_PATH).route), method, status, seconds)


class Traced:
    """Trace each request, in the trace of its `traceparent` header (config/observability/tracing.py)."""

    def __init__(self, get_response: Handler) -> None:
        if not settings.TRACES:
            raise MiddlewareNotUsed
        from config.observability import tracing

        self.get_response, self.tracing = get_response, tracing

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with self.tracing.request_span(request) as span:
            response = self.get_response(request)
            self.tracing.describe(span, request, endpoint_of(request), response.status_code)
            return response


def endpoint_of(request: HttpRequest) -> str:
    """Return the route of `request`, such as `/oauth/register/<client_id>/`, or an empty string."""
    match = request.resolver_match
    return readable(match.route) if match is not None else ""


@cache
def readable(route: str) -> str:
    return simplify_regex(route)


class LoopbackOnlyInDebug:
    """With DEBUG, refuse every request that is not for a loopback name and from this machine.

    A proxy on this machine may request a loopback name for other machines, which its headers reveal.
    """

    def __init__(self, get_response: Handler) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = split_domain_port(request.META.get("HTTP_HOST", "localhost"))[0].strip("[]")
        if not is_loopback_name(host):
            return refuse_in_debug(REFUSAL.format(host=host))
        address = foreign_address(request.META)
        return self.get_response(request) if address is None else refuse_in_debug(FOREIGN.format(address=address))


def refuse_in_debug(message: str) -> HttpResponse:
    return HttpResponse(message, status=400, content_type="text/plain; charset=utf-8")


class SmallBodies:
    """Refuse bodies above the limit of their path (config/http/bodies.py), in the format of each endpoint.

    Django has one limit for all paths, which it compares with the Content-Length before it reads. So the Content-Length
    of a body that is too large for its path is raised above that limit.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > most_octets(request.path_info):
            request.META["CONTENT_LENGTH"] = str(max(int(length), settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
        return self.get_response(request)


class KnownHosts(CommonMiddleware):
    """Refuse hosts that are not in ALLOWED_HOSTS, except for health probes.

    Load balancers and orchestrators send probes to the address of each server. Pages are refused at another port of
    PUBLIC_URL's host; the endpoints for programs are not, as a load balancer may use a port of each server.
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.for_programs = re.compile("|".join(settings.SECURE_REDIRECT_EXEMPT))

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Return whether to redirect; only GET and HEAD, as a redirect loses the fields of a form."""
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if PROBE.fullmatch(request.path_info):
            return None
        host = request.get_host()
        is_page = not self.for_programs.search(request.path.lstrip("/"))
        if is_page and not settings.DEBUG and is_at_another_port(host):
            raise DisallowedHost(f"Invalid HTTP_HOST header: {host!r}. PUBLIC_URL has another port.")
        return super().process_request(request)


def is_at_another_port(host: str) -> bool:
    """Return whether `host`, a valid Host header, names PUBLIC_URL's host at another port.

    A proxy may leave the port out. Django compares only the names (ALLOWED_HOSTS).
    """
    public = urlsplit(settings.PUBLIC_URL)
    name, port = split_domain_port(host)
    if not port or not public.netloc or name != split_domain_port(public.netloc)[0]:
        return False
    return port != str(public.port or DEFAULT_PORTS[public.scheme])


class PageHeaders(CSPMiddleware):
    """Set the security headers of HTML pages; other responses stay unchanged."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if "Cache-Control" not in response:
            # A page may name the signed-in person: the next person at the browser must not find it in the cache.
            add_never_cache_headers(response)
        return super().process_response(request, response)
