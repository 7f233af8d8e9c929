"""Unsent answers of the event loop: the bound on all of them, and the end of connections that take nothing."""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from config.server.unsent import IDLE_SECONDS, MOST_UNSENT, ORDINARY, discard_on_close, kernel_octets

# The application may read a longer answer piece by piece, so that what it holds is not known.
LONGEST_COUNTED = 8_000_000


class Connection(Protocol):
    """What is asked of a client's connection here."""

    def give_up(self) -> None: ...


class UnsentAnswer:
    """An answer that fills the write buffer of a transport.

    The application may hold the rest of it, and waits until the buffer has room. So its length counts.
    """

    def __init__(self, transport: Any, length: int) -> None:
        self.transport = transport
        self.sock = transport.get_extra_info("socket")
        self.octets = max(min(length, LONGEST_COUNTED), transport.get_write_buffer_size())
        self.left = self.count_left()
        self.timer: asyncio.TimerHandle | None = None

    def count_left(self) -> int:
        """Return how many octets the client has still to take of what was written. Nothing is written meanwhile."""
        return int(self.transport.get_write_buffer_size()) + kernel_octets(self.sock)


class UnsentAnswers:
    """Those of one process, by their connection."""

    def __init__(self) -> None:
        self.answers: dict[Connection, UnsentAnswer] = {}
        self.octets = 0

    def add(self, connection: Connection, answer: UnsentAnswer) -> None:
        self.remove(connection)
        self.answers[connection] = answer
        self.octets += answer.octets
        self._look_later(connection, answer)
        self._end_the_largest()

    def remove(self, connection: Connection) -> None:
        if answer := self.answers.pop(connection, None):
            self.octets -= answer.octets
            if answer.timer:
                answer.timer.cancel()

    def _end_the_largest(self) -> None:
        """Where unsent answers fill too much memory, end the connection with the largest."""
        while self.octets > MOST_UNSENT:
            largest = max(self.answers, key=lambda connection: self.answers[connection].octets)
            if self.answers[largest].octets <= ORDINARY:
                return
            self._end(largest)

    def _end(self, connection: Connection) -> None:
        answer = self.answers[connection]
        self.remove(connection)
        with suppress(AttributeError):
            discard_on_close(answer.sock)
        connection.give_up()

    def _look_later(self, connection: Connection, answer: UnsentAnswer) -> None:
        loop = asyncio.get_running_loop()
        answer.timer = loop.call_later(IDLE_SECONDS, self._look, connection, answer)

    def _look(self, connection: Connection, answer: UnsentAnswer) -> None:
        left = answer.count_left()
        if left >= answer.left:
            self._end(connection)
            return
        answer.left = left
        self._look_later(connection, answer)


def content_length(headers: Any) -> int:
    """Return what an application says of the length of its answer; 0 where it says nothing."""
    with suppress(ValueError):
        return max((int(value) for name, value in headers if name.lower() == b"content-length"), default=0)
    return 0
