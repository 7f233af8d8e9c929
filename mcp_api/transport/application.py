"""The endpoint as an ASGI application, in front of Django's, which serves all other paths."""

import time
from collections.abc import Callable
from io import BytesIO

from django.conf import global_settings, settings
from django.core.handlers.asgi import ASGIRequest
from django.urls import set_script_prefix

from accounts import event_loop
from accounts.audit import request_ids
from accounts.http.address import address_of, endpoint_of, prefix
from accounts.http.mount import path_info
from mcp_api.calls.incoming import Headers, Incoming
from mcp_api.conf import conf
from mcp_api.transport.asgi import (
    Application,
    ClientDisconnected,
    DisconnectListener,
    Receive,
    Scope,
    Send,
    read_body,
    send_response,
)
from mcp_api.transport.endpoint import serve
from mcp_api.transport.event_loop import OnEventLoop
from mcp_api.transport.headers import Raw, is_our_host, set_by_middleware

# Where a site sets no limit, which Django's own is.
MOST_OCTETS: int = global_settings.DATA_UPLOAD_MAX_MEMORY_SIZE

# Called for each reply, with the method, the status and the duration in seconds.
Count = Callable[[str, int, float], None]
CommonHeaders = Callable[[Scope, Headers], Raw]


def with_endpoint(django: Application, count: Count | None = None) -> Application:
    """Return `django` with the endpoint in front of it.

    With DEBUG, traces or other middleware than ours, each of which needs to see the request, and with SQLite, whose
    queries need a thread, Django serves the endpoint too (views.py).
    """
    if settings.DEBUG or conf.TRACES or not event_loop.is_possible():
        return django
    if not set(settings.MIDDLEWARE) <= set(conf.OWN_MIDDLEWARE):
        return django
    return EndpointApplication(django, count)


class EndpointApplication:
    """Serves requests to the endpoint. `django` serves all others, and those that our middleware answers.

    `count` is called for each request that is served here. `common` returns the headers that each reply has.
    """

    def __init__(self, django: Application, count: Count | None, common: CommonHeaders = set_by_middleware) -> None:
        self.django, self.count, self.common = django, count, common

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or endpoint_of(path_info(scope)) is None:
            await self.django(scope, receive, send)
            return
        # For addresses in the results of tools. Threads have the context of their request.
        set_script_prefix(f"{prefix()}/")
        headers = Headers(scope["headers"])
        if scope["method"] == "OPTIONS" or not is_our_host(headers.get("host", "")):
            # A preflight (corsheaders), or an unknown host (config.http.middleware.KnownHosts).
            await self.django(scope, receive, send)
            return
        with request_ids.request_id_context(headers.get("x-request-id", "")):
            await self.serve(scope, headers, receive, send)

    async def serve(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        started, listener = time.perf_counter(), DisconnectListener(receive)
        try:
            incoming = await incoming_of(scope, headers, receive)
            response = await serve(incoming, OnEventLoop(listener))
            if self.count is not None:
                self.count(scope["method"], response.status_code, time.perf_counter() - started)
            response.headers[request_ids.HEADER] = request_ids.current.get()
            await send_response(response, self.common(scope, headers), send, listener, scope["method"])
        except ClientDisconnected:
            return
        finally:
            listener.end()


def most_octets() -> int:
    """Return the largest size of a message."""
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MOST_OCTETS


async def incoming_of(scope: Scope, headers: Headers, receive: Receive) -> Incoming:
    """Raises ClientDisconnected."""
    length, most = headers.get("content-length", ""), most_octets()
    body: bytes | None = await read_body(receive)
    if (length.isdecimal() and int(length) > most) or len(body or b"") > most:
        # A body that is too large by its Content-Length was not received (config/http/bodies.py).
        body = None
    return Incoming(
        method=scope["method"],
        headers=headers,
        body=body,
        address=address_of((scope.get("client") or ("",))[0], headers.get("x-forwarded-for")),
        make_request=lambda: ASGIRequest(scope, BytesIO()),
        endpoint=endpoint_of(path_info(scope)) or "",
    )
