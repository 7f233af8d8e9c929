"""Bounds for threads of requests that wait for a call or keep a stream open, so that others remain for other requests.

On an event loop, streams and calls need no thread of this kind (mcp_api/transport/event_loop.py).
"""

import threading
from collections import Counter

from accounts.counters import decrement
from mcp_api.conf import conf
from mcp_api.errors import Busy

# How long a request waits for a place. Most calls are short, so that a place is soon free.
PATIENCE_SECONDS = 1.0

_lock = threading.Condition()
_taken: Counter[int] = Counter()
# Requests that wait for a place, by person. Each of them occupies a thread as well.
_waiting: Counter[int] = Counter()


class RequestThread:
    """A thread of a request of the person with the key `person`."""

    def __init__(self, person: int) -> None:
        self.person = person
        self._is_taken = False

    def take(self) -> None:
        """Take a place. Raises Busy if none is free for the person within PATIENCE_SECONDS.

        A person who has all places that one may have does not wait in a thread that remains for others: Busy at once.
        """
        with _lock:
            if has_full_share(self.person) and _taken.total() + _waiting.total() >= conf.CALL_WAITERS:
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
        return _taken.total() < conf.CALL_WAITERS and not has_full_share(self.person)

    def release(self) -> None:
        """Free the place, if one is taken."""
        with _lock:
            if not self._is_taken:
                return
            self._is_taken = False
            decrement(_taken, self.person)
            _lock.notify_all()


def has_full_share(person: int) -> bool:
    """Return whether the person has all places that one person may have."""
    return _taken[person] >= share_of_one()


def share_of_one() -> int:
    """The number of places for one person, 80 percent. A client needs two, for its stream and for a call."""
    return max(2, int(conf.CALL_WAITERS * 4 // 5))
