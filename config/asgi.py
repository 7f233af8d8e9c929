"""The application for an ASGI server: `gunicorn -c config/gunicorn.py config.asgi`."""

import asyncio
import os
import threading
from typing import Any

import django
from django.conf import settings

# gunicorn serves the first, and calls the second in each worker (config/gunicorn.py).
__all__ = ["application", "begin_worker"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django.setup(set_prefix=False)

from accounts.checks import refuse_unsafe_settings  # noqa: E402 - needs the apps to be loaded
from accounts.http.mount import path_info  # noqa: E402 - as above
from config.http import other_protocols  # noqa: E402 - as above
from config.http.bodies import LimitedBody, most_octets  # noqa: E402 - as above
from config.http.middleware import count_call  # noqa: E402 - as above
from config.http.trusted_proxies import without_untrusted_headers  # noqa: E402 - as above
from config.http.unreadable_requests import refuse  # noqa: E402 - as above
from config.mount import refuse_outside, scope_below_prefix  # noqa: E402 - as above
from config.observability.start import start_observability  # noqa: E402 - as above
from config.server.asgi_handler import OneThread  # noqa: E402 - as above
from config.server.worker import begin_worker  # noqa: E402 - as above
from mcp_api.calls.disconnect import DISCONNECTED  # noqa: E402 - as above
from mcp_api.checks import refuse_wrong_declarations  # noqa: E402 - as above
from mcp_api.transport import application as endpoint  # noqa: E402 - as above

refuse_unsafe_settings()
refuse_wrong_declarations()
start_observability()

serving = endpoint.with_endpoint(OneThread(), count_call if settings.METRICS_PORT else None)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Django's application and the MCP endpoint, with a limited size of bodies.

    The scope has an event that is set once the client has disconnected.
    """
    if scope["type"] != "http":
        await other_protocols.handle(scope, receive, send)
        return
    scope, disconnected = scope_below_prefix(without_untrusted_headers(scope)), threading.Event()
    if scope is None:
        await refuse_outside(send)
        return
    body = LimitedBody(scope, receive, most_octets(path_info(scope)), settings.REQUEST_TIMEOUT_SECONDS)

    async def receive_watched() -> Any:
        message = await body.receive()
        if message["type"] == "http.disconnect":
            disconnected.set()
        return message

    async def send_and_release(message: Any) -> None:
        body.release()
        await send(message)

    try:
        await serving({**scope, DISCONNECTED: disconnected}, receive_watched, send_and_release)
        if body.is_late:
            # Nothing has been sent yet: every view reads the whole body first.
            await refuse(scope, send)
    except asyncio.CancelledError:
        # The server cancels the request. After a body that is too large, no disconnect is received
        # (config/http/bodies.py).
        disconnected.set()
        raise
    finally:
        body.release()
