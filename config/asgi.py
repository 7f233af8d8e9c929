"""The application for an ASGI server: `gunicorn -c config/gunicorn.py config.asgi`."""

import asyncio
import os
import threading
from typing import Any

import django
from django.conf import settings

# What gunicorn serves, and what it calls in each worker (config/gunicorn.py).
__all__ = ["application", "begin_worker"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django.setup(set_prefix=False)

from accounts.checks import refuse_unsafe_settings  # noqa: E402 - needs the apps to be loaded
from config.http import other_protocols  # noqa: E402 - as above
from config.http.bodies import LimitedBody, most_octets  # noqa: E402 - as above
from config.http.middleware import count_call  # noqa: E402 - as above
from config.http.trusted_proxies import believable  # noqa: E402 - as above
from config.http.unreadable_requests import refuse  # noqa: E402 - as above
from config.observability import start as watching  # noqa: E402 - as above
from config.server.asgi_handler import OneThread  # noqa: E402 - as above
from config.server.worker import begin_worker  # noqa: E402 - as above
from mcp_api.calls.disconnect import DISCONNECTED  # noqa: E402 - as above
from mcp_api.checks import refuse_wrong_declarations  # noqa: E402 - as above
from mcp_api.transport import application as endpoint  # noqa: E402 - as above

refuse_unsafe_settings()
refuse_wrong_declarations()
watching.begin()

serving = endpoint.with_endpoint(OneThread(), count_call if settings.METRICS_PORT else None)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Django's own, with the MCP endpoint beside it, bodies of a limited size, and an event in the scope that tells
    whoever works for a request that its client has gone."""
    if scope["type"] != "http":
        await other_protocols.answer(scope, receive, send)
        return
    scope, gone = believable(scope), threading.Event()
    body = LimitedBody(scope, receive, most_octets(scope.get("path", "")), settings.REQUEST_TIMEOUT_SECONDS)

    async def watched() -> Any:
        message = await body.receive()
        if message["type"] == "http.disconnect":
            gone.set()
        return message

    async def answering(message: Any) -> None:
        body.release()
        await send(message)

    try:
        await serving({**scope, DISCONNECTED: gone}, watched, answering)
        if body.is_late:
            # Nothing was answered yet: all that answers takes the whole body first.
            await refuse(scope, send)
    except asyncio.CancelledError:
        # The server gives it up: who sent too large a body is heard of no more (config/http/bodies.py).
        gone.set()
        raise
    finally:
        body.release()
