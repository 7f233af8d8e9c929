"""The application for an ASGI server: `gunicorn -c config/gunicorn.py -k asgi config.asgi`."""

import asyncio
import os
import threading
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_asgi_application()

from accounts.checks import refuse_unsafe_settings  # noqa: E402 - needs the apps to be loaded
from config import watching  # noqa: E402 - as above
from config.bodies import LimitedBody  # noqa: E402 - as above
from mcp_api.checks import refuse_wrong_declarations  # noqa: E402 - as above
from mcp_api.streams.connection import DISCONNECTED  # noqa: E402 - as above

refuse_unsafe_settings()
refuse_wrong_declarations()
watching.begin()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Django's own, with bodies of a limited size, and an event in the scope that tells a running view that its
    client has gone."""
    gone = threading.Event()
    body = LimitedBody(scope, receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    async def watched() -> Any:
        message = await body.receive()
        if message["type"] == "http.disconnect":
            gone.set()
        return message

    try:
        await django_application({**scope, DISCONNECTED: gone}, watched, send)
    except asyncio.CancelledError:
        # The server gives it up: who sent too large a body is heard of no more (config/bodies.py).
        gone.set()
        raise
