"""CORS: every origin may use the endpoints that need neither cookie nor session."""

import re
from typing import Any

from corsheaders.signals import check_request_enabled
from django.dispatch import receiver
from django.http import HttpRequest

# Metadata is public; register, token and revoke authenticate by parameters or the Authorization header.
OPEN_TO_EVERY_ORIGIN = re.compile(r"^/(oauth/(register|token|revoke)(/|$)|\.well-known/)")


@receiver(check_request_enabled)
def open_endpoint(sender: Any, request: HttpRequest, **kwargs: object) -> bool:
    return OPEN_TO_EVERY_ORIGIN.match(request.path_info) is not None
