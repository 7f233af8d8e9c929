"""Limit of pipelined requests: those that arrive before the response to the previous one."""

from typing import Protocol

# Of one connection. Beyond it, no more is read until some requests have responses.
MOST_OF_ONE = 65_536
# Of one process.
MOST_OCTETS = 64_000_000


class Connection(Protocol):
    """A client's connection, as it is used here."""

    def give_up(self) -> None: ...


class PipelinedRequests:
    """Count the octets of pipelined requests by connection, in one process."""

    def __init__(self, most: int = MOST_OCTETS) -> None:
        self.most = most
        self.octets = 0
        self._of: dict[Connection, int] = {}

    def count(self, connection: Connection, octets: int) -> None:
        """Note that `connection` has `octets` now. If all have too many, close the one with most."""
        self.octets += octets - self._of.pop(connection, 0)
        if octets:
            self._of[connection] = octets
        while self.octets > self.most:
            largest = max(self._of, key=self._of.__getitem__)
            self.octets -= self._of.pop(largest)
            largest.give_up()
