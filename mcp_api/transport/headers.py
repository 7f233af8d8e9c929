"""Headers of a request to the endpoint, and those of its reply."""

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from accounts.http.address import RESOURCE_PATH
from mcp_api.calls.incoming import Headers
from mcp_api.conf import conf

# Of our middleware, that which says something about a reply in JSON.
WITH_HEADERS = (
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)

Raw = list[tuple[bytes, bytes]]


@lru_cache(maxsize=128)
def is_our_host(header: str) -> bool:
    """Whether Django would serve a request for that Host."""
    domain = split_domain_port(header)[0]
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def set_by_middleware(scope: Mapping[str, Any], headers: Headers) -> Raw:
    """Return what our own middleware puts on a reply in JSON: the same on each, but for web pages of other origins."""
    origin = headers.get("origin")
    return _made(is_secure(scope, headers), origin) if origin is not None else _same(is_secure(scope, headers))


@cache
def _same(secure: bool) -> Raw:
    return _made(secure, None)


def _made(secure: bool, origin: str | None) -> Raw:
    host = conf.PUBLIC_URL.partition("://")[2]
    scope = {
        "type": "http",
        "method": "POST",
        "path": RESOURCE_PATH,
        "scheme": "https" if secure else "http",
        "headers": [(b"host", host.encode()), *([(b"origin", origin.encode("latin-1"))] if origin is not None else [])],
    }
    handler = _reply
    for middleware in reversed([name for name in settings.MIDDLEWARE if name in WITH_HEADERS]):
        handler = import_string(middleware)(handler)
    return raw(handler(ASGIRequest(scope, BytesIO())), besides=("Content-Type", "Content-Length"))


def raw(response: HttpResponseBase, besides: Collection[str] = ()) -> Raw:
    """The headers of `response` as an ASGI server takes them."""
    return [
        (name.lower().encode("ascii"), value.encode("latin-1"))
        for name, value in response.items()
        if name not in besides
    ]


def is_secure(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Whether Django would say so of the request (SECURE_PROXY_SSL_HEADER)."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        said = headers.get(name.removeprefix("HTTP_").replace("_", "-"))
        if said is not None:
            return bool(said.split(",")[0].strip() == secure)
    return bool(scope.get("scheme") == "https")


def _reply(request: HttpRequest) -> HttpResponse:
    return HttpResponse(content_type="application/json")
