"""Headers of requests to the endpoint, and of its replies."""

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from accounts.http.address import RESOURCE_PATH, prefix
from mcp_api.calls.incoming import Headers
from mcp_api.conf import conf

# The middleware of ours that sets headers on a JSON reply.
WITH_HEADERS = (
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)

Raw = list[tuple[bytes, bytes]]


@lru_cache(maxsize=128)
def is_our_host(header: str) -> bool:
    """Return whether Django would serve a request with this Host header."""
    domain = split_domain_port(header)[0]
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def set_by_middleware(scope: Mapping[str, Any], headers: Headers) -> Raw:
    """Return the headers that our middleware sets on a JSON reply. They depend on the scheme and the Origin only."""
    origin = headers.get("origin")
    return _made(is_secure(scope, headers), origin) if origin is not None else _same(is_secure(scope, headers))


@cache
def _same(secure: bool) -> Raw:
    return _made(secure, None)


def _made(secure: bool, origin: str | None) -> Raw:
    host = urlsplit(conf.PUBLIC_URL).netloc
    scope = {
        "type": "http",
        "method": "POST",
        "path": prefix() + RESOURCE_PATH,
        "scheme": "https" if secure else "http",
        "headers": [(b"host", host.encode()), *([(b"origin", origin.encode("latin-1"))] if origin is not None else [])],
    }
    handler = _reply
    for middleware in reversed([name for name in settings.MIDDLEWARE if name in WITH_HEADERS]):
        handler = import_string(middleware)(handler)
    return raw(handler(ASGIRequest(scope, BytesIO())), besides=("Content-Type", "Content-Length"))


def raw(response: HttpResponseBase, besides: Collection[str] = ()) -> Raw:
    """Return the headers of `response` in the form of ASGI."""
    return [
        (name.lower().encode("ascii"), value.encode("latin-1"))
        for name, value in response.items()
        if name not in besides
    ]


def is_secure(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Return what Django's request.is_secure() would return (SECURE_PROXY_SSL_HEADER)."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        sent = headers.get(name.removeprefix("HTTP_").replace("_", "-"))
        if sent is not None:
            return bool(sent.split(",")[0].strip() == secure)
    return bool(scope.get("scheme") == "https")


def _reply(request: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type="application/json")
