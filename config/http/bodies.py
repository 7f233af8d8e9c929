"""Limits of request bodies on an event loop: of their size, and of the time that they take to arrive.

Django receives a whole body, in a file from 2.5 MB on, before middleware and views run.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from config.http.deadlines import body_deadline
from config.http.unreadable_requests import LateBody

# For forms and client metadata from anyone. The largest useful one, client metadata, is half as large.
SMALL_OCTETS = 65_536
SMALL = re.compile(r"/(oauth|accounts|apps|device|admin/login)(/|$)")

# Of one body (RFC 9112 section 7.1). Each chunk costs time, even a small one; a client that fills its packets sends far
# fewer.
MOST_CHUNKS = 20_000

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

# Larger bodies count towards MOST_OCTETS, the limit of all incomplete requests of a process.
COUNTED_OCTETS = 65_536
MOST_OCTETS = 128_000_000


def most_octets(path: str) -> int:
    """Return the largest size of a body for `path`."""
    most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return min(most, SMALL_OCTETS) if SMALL.match(path) else most


class LimitedBody:
    """`receive` of one request, which cuts its body off one octet after `at_most`.

    Django then refuses it as too large, and each endpoint responds in its own format. A body whose Content-Length is
    too large is not received: a client that waits for `100 Continue` does not send it.
    The body has to arrive within `seconds`, and a large one within some more (config/http/deadlines.py).
    """

    # The large bodies of this process with their sizes, and the sum of these.
    large: "dict[LimitedBody, int]" = {}
    octets = 0

    def __init__(self, scope: Message, receive: Receive, at_most: int, seconds: float = 30) -> None:
        self._receive = receive
        self._room = at_most + 1 if declared_length(scope) <= at_most else 0
        self.is_late = self._is_cut = self._is_complete = self._is_given_up = False
        self._started, self._seconds, self._received = time.monotonic(), seconds, 0
        self._waiting: asyncio.Timeout | None = None

    async def receive(self) -> Message:
        """Return the next message of ASGI's `http` protocol; wait for ever after a body that was cut off.

        A late body (`is_late`) is reported as a disconnect: config/asgi.py then sends the response.
        """
        if self._is_cut:
            # Django waits for a disconnect until it has responded, and receives nothing else.
            return await asyncio.Future[Message]()
        if not self._room:
            return self._cut({"type": "http.request"})
        try:
            message = await (self._receive() if self._is_complete else self._receive_in_time())
        except LateBody:
            self.is_late = True
            return {"type": "http.disconnect"}
        return self._cut(message) if message["type"] == "http.request" else message

    def release(self) -> None:
        """Stop counting the body, as the request is complete or cancelled."""
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
        self._is_complete = not message.get("more_body", False)
        if self._received > COUNTED_OCTETS and not self._is_given_up:
            self._count()
        if self._is_given_up:
            raise LateBody
        return message

    def _count(self) -> None:
        """If the large bodies together exceed the limit, give up the largest incomplete one."""
        LimitedBody.octets += self._received - self.large.get(self, 0)
        self.large[self] = self._received
        if LimitedBody.octets > MOST_OCTETS:
            unfinished = [body for body in self.large if not body._is_complete]
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
    """Return the Content-Length of a request, or 0 without a valid one."""
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            try:
                return int(value)
            except ValueError:
                return 0
    return 0
