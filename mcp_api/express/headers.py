"""What the headers of a request say that may take the short way, and what those of its reply have to."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from accounts.address import RESOURCE_PATH

# Of our middleware, that which says something about a reply in JSON.
WITH_HEADERS = (
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)

Raw = list[tuple[bytes, bytes]]


class Headers(dict[str, str]):
    """By lower-case name, found in any case. Of a repeated one all values, as Django has them."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__()
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self[key] = f"{self[key]},{text}" if key in self else text

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


@lru_cache(maxsize=128)
def is_our_host(header: str) -> bool:
    """Whether Django would serve a request for that Host."""
    domain = split_domain_port(header)[0]
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


@cache
def set_by_middleware(secure: bool) -> Raw:
    """What our own middleware puts on a reply in JSON, which is the same on each."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": RESOURCE_PATH,
        "scheme": "https" if secure else "http",
        "headers": [(b"host", settings.PUBLIC_URL.partition("://")[2].encode())],
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
