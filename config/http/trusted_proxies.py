"""Headers of trusted proxies, which state a request's address, scheme and id.

The headers of any other peer are removed before other code reads them: where such headers are present, they come from
a trusted proxy.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

# TRUSTED_PROXY may have one of these values instead of addresses.
BOOLEANS: tuple[str, ...] = ("", "true", "on", "ok", "yes", "y", "1", "false", "off", "no", "n", "0")
HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-request-id")
_META = tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in HEADERS)
_RAW = frozenset(name.encode() for name in HEADERS)


def are_named() -> bool:
    """Return whether TRUSTED_PROXY lists addresses; `true` and `false` apply to every peer."""
    return bool(settings.TRUSTED_PROXIES)


@lru_cache(maxsize=1024)
def is_trusted(peer: str) -> bool:
    """Return whether `peer`, an IP address, is a trusted proxy. A Unix socket has no address, and is trusted."""
    if not peer:
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(each, strict=False) for each in settings.TRUSTED_PROXIES)


class ForwardedHeaders:
    """Middleware that removes untrusted headers under WSGI. It has to be the first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not are_named():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_trusted(request.META.get("REMOTE_ADDR", "")):
            for name in _META:
                request.META.pop(name, None)
        return self.get_response(request)


def without_untrusted_headers(scope: Any) -> Any:
    """Return the ASGI `scope` without the headers that its peer may not send."""
    if scope["type"] != "http" or not are_named() or is_trusted((scope.get("client") or ("",))[0]):
        return scope
    return {**scope, "headers": [each for each in scope["headers"] if each[0].lower() not in _RAW]}
