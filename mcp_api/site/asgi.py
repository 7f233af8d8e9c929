"""The MCP endpoint on the event loop of another site's ASGI server."""

import asyncio
import time
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse

from accounts import event_loop
from accounts.checks import refuse_to_start, refuse_unsafe_settings
from accounts.http.address import endpoint_of
from accounts.http.mount import path_info
from mcp_api.calls.incoming import Headers
from mcp_api.checks import refuse_wrong_declarations
from mcp_api.site import checks
from mcp_api.site.view_headers import EACH, add_cors
from mcp_api.transport.application import EndpointApplication, most_octets
from mcp_api.transport.asgi import Application, Message, Receive, Scope, Send
from mcp_api.transport.headers import Raw, raw

# For a whole message to arrive.
BODY_SECONDS = 60.0


def wrap(application: Application) -> Application:
    """Return the site's ASGI `application` with the MCP endpoint in front of it, outside of the site's middleware.

    With SQLite, whose queries need a thread, and with DEBUG, the site's own application serves the endpoint too. Raises
    ImproperlyConfigured for unsafe settings and for wrong declarations of tools.
    """
    refuse_unsafe_settings()
    refuse_wrong_declarations()
    refuse_to_start((checks.check_apps_and_toolkit, checks.check_addresses, checks.check_middleware))
    if settings.DEBUG or not event_loop.is_possible():
        return application
    serving = EndpointApplication(application, None, common_headers)

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and endpoint_of(path_info(scope)) is not None:
            receive = LimitedBody(receive, most_octets()).receive
        await serving(scope, receive, send)

    return wrapped


class LimitedBody:
    """`receive` of one request, which cuts its body off one octet after `at_most`, so that it is refused as too large.

    A body that does not arrive within `seconds` is reported as a disconnect.
    """

    def __init__(self, receive: Receive, at_most: int, seconds: float = BODY_SECONDS) -> None:
        self._receive, self._room = receive, at_most + 1
        self._deadline = time.monotonic() + seconds
        self._is_complete = self._is_cut = False

    async def receive(self) -> Message:
        if self._is_cut:
            # The rest of the body is not read.
            return await asyncio.Future[Message]()
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        return self._cut(message) if message["type"] == "http.request" else message

    def _cut(self, message: Message) -> Message:
        body = message.get("body", b"")[: self._room]
        self._room -= len(body)
        self._is_cut = not self._room
        self._is_complete = not message.get("more_body", False)
        return {**message, "body": body, "more_body": not (self._is_complete or self._is_cut)}


def common_headers(scope: Scope, headers: Headers) -> Raw:
    """Return the headers of each reply of the endpoint, as those of the view."""
    origin = headers.get("origin")
    request: Any = ASGIRequest(
        {**scope, "headers": [(b"origin", origin.encode("latin-1"))] if origin is not None else []}, BytesIO()
    )
    response = HttpResponse(headers=EACH, content_type="application/json")
    add_cors(request, response)
    return raw(response, besides=("Content-Type", "Content-Length"))
