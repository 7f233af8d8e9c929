"""The threads of requests that wait for a call, or hold a stream open: so many that some are left for other requests.

Under an event loop, streams and calls need none (mcp_api/transport/event_loop.py).
"""

import threading
from collections import Counter

from accounts.counters import decrement
from mcp_api.conf import conf
from mcp_api.errors import Busy

# For how long a request waits for a place: calls of many people at once take turns, as most calls are short.
PATIENCE_SECONDS = 1.0

_lock = threading.Condition()
_taken: Counter[int] = Counter()
# The persons of requests that wait for a place, each of which keeps a thread as well.
_waiting: Counter[int] = Counter()


class RequestThread:
    """One of them, for a request of the person with the key `person`."""

    def __init__(self, person: int) -> None:
        self.person = person
        self._is_taken = False

    def take(self) -> None:
        """Raises Busy where there is no place for the person within a moment, and at once where one who has their share
        would keep a thread waiting that is left for others.
        """
        with _lock:
            if has_share(self.person) and _taken.total() + _waiting.total() >= conf.CALL_WAITERS:
                raise Busy
            self._wait()
            _taken[self.person] += 1
            self._is_taken = True

    def _wait(self) -> None:
        _waiting[self.person] += 1
        try:
            if not _lock.wait_for(self._has_place, PATIENCE_SECONDS):
                raise Busy
        finally:
            decrement(_waiting, self.person)

    def _has_place(self) -> bool:
        return _taken.total() < conf.CALL_WAITERS and not has_share(self.person)

    def release(self) -> None:
        """May be called more than once, and where nothing was taken."""
        with _lock:
            if not self._is_taken:
                return
            self._is_taken = False
            decrement(_taken, self.person)
            _lock.notify_all()


def has_share(person: int) -> bool:
    """Whether the person has all places that one may have."""
    return _taken[person] >= most_of_one()


def most_of_one() -> int:
    """How many one person may have: some are left for others. A client needs two, for its stream and for a call."""
    return max(2, int(conf.CALL_WAITERS * 4 // 5))
