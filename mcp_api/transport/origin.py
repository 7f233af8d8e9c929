"""Origins of web pages that may use the MCP endpoint.

Spec (basic/transports/streamable-http): "Servers MUST validate the Origin header on all incoming
connections to prevent DNS rebinding attacks."
"""

import re
from collections.abc import Collection
from typing import Any

from corsheaders.signals import check_request_enabled
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.clients.redirect_uris import LOOPBACK_HOSTS
from accounts.http import web_address
from accounts.http.address import endpoint_of
from accounts.http.address import origin as own_origin
from mcp_api.conf import conf

# Scheme, host and port (RFC 6454 section 6.2).
ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]{0,31}://[a-z0-9.\[\]:-]{1,255}", re.IGNORECASE | re.ASCII)


def is_allowed(request: HttpRequest) -> bool:
    """Return whether there is no Origin (no browser), or it is ours, in ALLOWED_ORIGINS, or with DEBUG on loopback."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or origin == own_origin(request) or origin in listed():
        return True
    return settings.DEBUG and is_loopback(origin)


def listed() -> Collection[str]:
    """Return the origins of the setting. A site's own for CORS concern its own addresses (mcp_api/site/)."""
    origins: Collection[str] = conf.ALLOWED_ORIGINS if conf.IS_PART_OF_A_SITE else settings.CORS_ALLOWED_ORIGINS
    return origins


def shown(request: HttpRequest) -> str:
    """Return the Origin for the audit log. A client may send anything in that header, which is not repeated then."""
    return request.META["HTTP_ORIGIN"] if ORIGIN.fullmatch(request.META["HTTP_ORIGIN"]) else "It is not an origin."


@receiver(check_request_enabled)
def is_readable(sender: Any, request: HttpRequest, **kwargs: object) -> bool:
    """Enable CORS: a page that may use the endpoint may also read its replies."""
    return not conf.IS_PART_OF_A_SITE and endpoint_of(request.path_info) is not None and is_allowed(request)


def is_loopback(origin: str) -> bool:
    address = web_address.read(origin)
    return address is not None and address.hostname in LOOPBACK_HOSTS
