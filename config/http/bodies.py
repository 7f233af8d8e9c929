"""Bodies of requests under an event loop: cut off where they are too large, given up where they are late.

Django receives the whole of one, and keeps it in a file from 2.5 MB on, before a view or a middleware can look at it.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from config.http.deadlines import body_deadline
from config.http.unreadable_requests import LateBody

# Forms and client metadata that strangers send. The largest that is of use, client metadata, is half of that.
SMALL_OCTETS = 65_536
SMALL = re.compile(r"/(oauth|accounts|apps|admin/login)(/|$)")

# Of a body that is sent in chunks (RFC 9112 section 7.1). Each costs time, however small it is: those of a client that
# fills its packets are far fewer.
MOST_CHUNKS = 20_000

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

# What is larger is counted: of all requests that are not answered yet, a process keeps so much.
COUNTED_OCTETS = 65_536
MOST_OCTETS = 128_000_000


def most_octets(path: str) -> int:
    """The largest body that a request to `path` may have."""
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return min(most, SMALL_OCTETS) if SMALL.match(path) else most


class LimitedBody:
    """`receive` for one request, whose body ends one octet after `at_most`.

    So Django sees that it is too large, and each endpoint refuses it in its own words. What is too large by its
    Content-Length is not received at all: a client that waits for `100 Continue` need not even send it.
    All of it has to arrive in so many `seconds`, and some more where it is large (config/http/deadlines.py).
    """

    # Those that are large, and how many octets they are together.
    large: "dict[LimitedBody, int]" = {}
    octets = 0

    def __init__(self, scope: Message, receive: Receive, at_most: int, seconds: float = 30) -> None:
        self._receive = receive
        self._room = at_most + 1 if declared_length(scope) <= at_most else 0
        self.is_late = self._is_cut = self._is_whole = self._is_given_up = False
        self._started, self._seconds, self._received = time.monotonic(), seconds, 0
        self._waiting: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        """The next message of ASGI's `http` protocol; none any more after a body that was cut off.

        A client whose body `is_late` is told of as if it had gone: nothing has to be answered but by config/asgi.py.
        """
        if self._is_cut:
            # Django listens for the end of the connection until it has answered, and is told of nothing else.
            return await asyncio.Future[Message]()
        if not self._room:
            return self._cut({"type": "http.request"})
        try:
            message = await (self._receive() if self._is_whole else self._receive_in_time())
        except LateBody:
            self.is_late = True
            return {"type": "http.disconnect"}
        return self._cut(message) if message["type"] == "http.request" else message

    def release(self) -> None:
        """Count the body no longer: the request is answered, or given up."""
        LimitedBody.octets -= self.large.pop(self, 0)

    async def _receive_in_time(self) -> Message:
        deadline = body_deadline(self._started, self._received, self._seconds)
        try:
            async with asyncio.timeout(deadline - time.monotonic()) as self._waiting:
                message = await self._receive()
        except TimeoutError as error:
            raise LateBody from error
        finally:
            self._waiting = None
        self._received += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._received > COUNTED_OCTETS and not self._is_given_up:
            self._count()
        if self._is_given_up:
            raise LateBody
        return message

    def _count(self) -> None:
        """Where the large bodies are too large together, give up the largest that is not whole."""
        LimitedBody.octets += self._received - self.large.get(self, 0)
        self.large[self] = self._received
        if LimitedBody.octets > MOST_OCTETS:
            unfinished = [body for body in self.large if not body._is_whole]
            if unfinished:
                max(unfinished, key=self.large.__getitem__)._give_up()

    def _give_up(self) -> None:
        self._is_given_up = True
        self.release()
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

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
