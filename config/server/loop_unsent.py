"""Unsent responses of the event loop: their limit, and the closing of connections without progress."""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from config.server.unsent import IDLE_SECONDS, MOST_UNSENT, ORDINARY, discard_on_close, kernel_octets

# The application may produce a longer response in pieces, so that the memory it takes is unknown.
LONGEST_COUNTED = 8_000_000


class Connection(Protocol):
    """A client's connection, as it is used here."""

    def give_up(self) -> None: ...


class UnsentResponse:
    """A response that fills the write buffer of a transport.

    The application waits until the buffer has room, and may keep the rest in memory. So the whole length counts.
    """

    def __init__(self, transport: Any, length: int) -> None:
        self.transport = transport
        self.sock = transport.get_extra_info("socket")
        self.octets = max(min(length, LONGEST_COUNTED), transport.get_write_buffer_size())
        self.left = self.count_left()
        self.timer: asyncio.TimerHandle | None = None

    def count_left(self) -> int:
        """Return how many of the written octets the client has not acknowledged. Nothing is written meanwhile."""
        return int(self.transport.get_write_buffer_size()) + kernel_octets(self.sock)


class UnsentResponses:
    """The unsent responses of one process by connection."""

    def __init__(self) -> None:
        self.responses: dict[Connection, UnsentResponse] = {}
        self.octets = 0

    def add(self, connection: Connection, response: UnsentResponse) -> None:
        self.remove(connection)
        self.responses[connection] = response
        self.octets += response.octets
        self._schedule_check(connection, response)
        self._close_largest()

    def remove(self, connection: Connection) -> None:
        if response := self.responses.pop(connection, None):
            self.octets -= response.octets
            if response.timer:
                response.timer.cancel()

    def _close_largest(self) -> None:
        """If unsent responses take too much memory, close the connection with the largest."""
        while self.octets > MOST_UNSENT:
            largest = max(self.responses, key=lambda connection: self.responses[connection].octets)
            if self.responses[largest].octets <= ORDINARY:
                return
            self._close(largest)

    def _close(self, connection: Connection) -> None:
        response = self.responses[connection]
        self.remove(connection)
        with suppress(AttributeError):
            discard_on_close(response.sock)
        connection.give_up()

    def _schedule_check(self, connection: Connection, response: UnsentResponse) -> None:
        loop = asyncio.get_running_loop()
        response.timer = loop.call_later(IDLE_SECONDS, self._check, connection, response)

    def _check(self, connection: Connection, response: UnsentResponse) -> None:
        left = response.count_left()
        if left >= response.left:
            self._close(connection)
            return
        response.left = left
        self._schedule_check(connection, response)


def content_length(headers: Any) -> int:
    """Return the Content-Length of a response, or 0 without one."""
    with suppress(ValueError):
        return max((int(value) for name, value in headers if name.lower() == b"content-length"), default=0)
    return 0
