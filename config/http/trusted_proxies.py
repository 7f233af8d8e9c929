"""The proxies in front whose word counts: what they say of a request's address, scheme and id.

Those headers of a request from any other peer are removed before anything reads them, so that the rest of the server
knows two cases alone: there are such headers, and they are the proxy's, or there are none.
"""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

# TRUSTED_PROXY may hold one of these in place of addresses.
YES_OR_NO: tuple[str, ...] = ("", "true", "on", "ok", "yes", "y", "1", "false", "off", "no", "n", "0")
HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-request-id")
_META = tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in HEADERS)
_RAW = frozenset(name.encode() for name in HEADERS)


def are_named() -> bool:
    """Whether TRUSTED_PROXY names addresses; where it is only true or false, that holds for every peer."""
    return bool(settings.TRUSTED_PROXIES)


@lru_cache(maxsize=1024)
def is_trusted(peer: str) -> bool:
    """Whether the `peer`, an IP address, is one of the proxies. A socket of this machine has no address."""
    if not peer:
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(each, strict=False) for each in settings.TRUSTED_PROXIES)


class ForwardedHeaders:
    """The middleware that removes them under WSGI. To come before all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not are_named():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_trusted(request.META.get("REMOTE_ADDR", "")):
            for name in _META:
                request.META.pop(name, None)
        return self.get_response(request)


def believable(scope: Any) -> Any:
    """The ASGI `scope` without the headers that its peer may not send."""
    if scope["type"] != "http" or not are_named() or is_trusted((scope.get("client") or ("",))[0]):
        return scope
    return {**scope, "headers": [each for each in scope["headers"] if each[0].lower() not in _RAW]}
