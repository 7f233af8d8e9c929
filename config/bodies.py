"""Bodies of requests under an event loop, cut off where they are too large.

Django receives the whole of one, and keeps it in a file from 2.5 MB on, before a view or a middleware can look at it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

# Forms and client metadata that strangers send. The largest that is of use, client metadata, is half of that.
SMALL_OCTETS = 65_536
SMALL = re.compile(r"/(oauth|accounts|apps|admin/login)(/|$)")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


def most_octets(path: str) -> int:
    """The largest body that a request to `path` may have."""
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return min(most, SMALL_OCTETS) if SMALL.match(path) else most


class LimitedBody:
    """`receive` for one request, whose body ends one octet after `at_most`.

    So Django sees that it is too large, and each endpoint refuses it in its own words. What is too large by its
    Content-Length is not received at all: a client that waits for `100 Continue` need not even send it.
    """

    def __init__(self, scope: Message, receive: Receive, at_most: int) -> None:
        self._receive = receive
        self._room = at_most + 1 if declared_length(scope) <= at_most else 0
        self._is_cut = False

    async def receive(self) -> Message:
        """The next message of ASGI's `http` protocol; none any more after a body that was cut off."""
        if self._is_cut:
            # Django listens for the end of the connection until it has answered, and is told of nothing else.
            return await asyncio.Future[Message]()
        if not self._room:
            return self._cut({"type": "http.request"})
        message = await self._receive()
        return self._cut(message) if message["type"] == "http.request" else message

    def _cut(self, message: Message) -> Message:
        body = message.get("body", b"")[: self._room]
        self._room -= len(body)
        self._is_cut = not self._room
        return {**message, "body": body, "more_body": message.get("more_body", False) and not self._is_cut}


def declared_length(scope: Message) -> int:
    """The Content-Length of a request; 0 where it has none that can be read."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            try:
                return int(value)
            except ValueError:
                return 0
    return 0
