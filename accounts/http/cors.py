"""CORS: every origin may use the endpoints that need neither cookie nor session."""

import re
from typing import Any

from corsheaders.signals import check_request_enabled
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.conf import conf
from accounts.http.paths import OAUTH_API_PATHS

OPEN_TO_EVERY_ORIGIN = re.compile(f"/{OAUTH_API_PATHS}")

METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
# The wildcard does not include Authorization (Fetch standard), hence both.
REQUEST_HEADERS = ["*", "Authorization", "DPoP"]
RESPONSE_HEADERS = [
    "WWW-Authenticate",
    "DPoP-Nonce",
    "Mcp-Session-Id",
    "Mcp-Protocol-Version",
    "X-Request-ID",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
]


def is_open(request: HttpRequest) -> bool:
    """Return whether a page of any origin may send `request` and read the response."""
    return OPEN_TO_EVERY_ORIGIN.match(request.path_info) is not None


@receiver(check_request_enabled)
def open_endpoint(sender: Any, request: HttpRequest, **kwargs: object) -> bool:
    """Enable CORS, but not by the middleware of another site, whose addresses may be like ours (mcp_api/site/)."""
    return not conf.IS_PART_OF_A_SITE and is_open(request)
