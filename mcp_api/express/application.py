"""The ASGI application that lets modern requests past Django, and leaves it everything else."""

import time
from collections.abc import Callable

from django.conf import settings

from accounts import event_loop, request_ids
from accounts.address import RESOURCE_PATH
from mcp_api.express.answering import answer
from mcp_api.express.asgi import Application, Listener, Message, Receive, Scope, Send, again, send_response
from mcp_api.express.entry import Entry, LeftToDjango, enter
from mcp_api.express.headers import Headers, Raw, is_our_host, is_secure, set_by_middleware
from mcp_api.express.threads import has_room

# Told of each request that was answered: its status, and how many seconds it took.
Count = Callable[[int, float], None]

PATHS = (RESOURCE_PATH, f"{RESOURCE_PATH}/")
MOST_OCTETS = 65_536
# Those of legacy sessions, of web pages, and of bodies without an end.
OTHERS = ("mcp-session-id", "origin", "transfer-encoding")


def beside(django: Application, count: Count | None = None) -> Application:
    """`django`, with the short way beside it where there may be one: not with DEBUG or traces, and past no middleware
    but our own.
    """
    if settings.DEBUG or settings.TRACES or not event_loop.is_possible():
        return django
    if not set(settings.MIDDLEWARE) <= set(settings.OWN_MIDDLEWARE):
        return django
    return Express(django, count)


class Express:
    """`django` is the application for all that is left to it; `count` is told of all else."""

    def __init__(self, django: Application, count: Count | None) -> None:
        self.django, self.count = django, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_to_enter(scope)
        if headers is None:
            await self.django(scope, receive, send)
            return
        first = await receive()
        with request_ids.known_by(headers.get("x-request-id", "")):
            try:
                entry = await enter(scope, headers, body_of(first))
            except LeftToDjango:
                await self.django(scope, again(first, receive), send)
            else:
                await self.serve(entry, set_by_middleware(is_secure(scope, headers)), receive, send)

    async def serve(self, entry: Entry, common: Raw, receive: Receive, send: Send) -> None:
        started, listener = time.perf_counter(), Listener(receive)
        try:
            response = await answer(entry, listener)
            if self.count is not None:
                self.count(response.status_code, time.perf_counter() - started)
            response.headers[request_ids.HEADER] = request_ids.current.get()
            await send_response(response, common, send, listener)
        finally:
            listener.end()


def headers_to_enter(scope: Scope) -> Headers | None:
    """The headers of a request that may take the short way, by all that comes before its body."""
    if scope["type"] != "http" or scope["path"] not in PATHS or scope["method"] != "POST" or not has_room():
        return None
    headers = Headers(scope["headers"])
    if any(name in headers for name in OTHERS) or not is_our_host(headers.get("host", "")):
        return None
    length = headers.get("content-length", "")
    return headers if length.isdecimal() and int(length) <= MOST_OCTETS else None


def body_of(first: Message) -> bytes:
    """Raises LeftToDjango where it did not come at once."""
    if first["type"] != "http.request" or first.get("more_body"):
        raise LeftToDjango
    return bytes(first.get("body", b""))
