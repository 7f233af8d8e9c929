"""The threads of requests that wait for a call, or hold a stream open: so many that some are left for other requests.

Under an event loop, streams need no thread, nor do calls that take the short way (mcp_api/express/).
"""

import threading
from collections import Counter

from django.conf import settings

from mcp_api.errors import Busy

# For how long a request waits for a place: calls of many people at once take turns, as most calls are short.
PATIENCE_SECONDS = 1.0

_lock = threading.Condition()
_taken: Counter[int] = Counter()


class RequestThread:
    """One of them, for a request of the person with the key `person`."""

    def __init__(self, person: int) -> None:
        self.person = person
        self._is_taken = False

    def take(self) -> None:
        """Raises Busy where all of them stay in use for a moment, and at once where one person has all that they may.

        Somebody who asks for more than their share must not keep further threads waiting.
        """
        with _lock:
            if _taken[self.person] >= most_of_one() or not _lock.wait_for(has_room, PATIENCE_SECONDS):
                raise Busy
            _taken[self.person] += 1
            self._is_taken = True

    def release(self) -> None:
        """May be called more than once, and where nothing was taken."""
        with _lock:
            if not self._is_taken:
                return
            self._is_taken = False
            _taken[self.person] -= 1
            if not _taken[self.person]:
                del _taken[self.person]
            _lock.notify()


def has_room() -> bool:
    return _taken.total() < settings.CALL_WAITERS


def most_of_one() -> int:
    """How many one person may have: some are left for others. A client needs two, for its stream and for a call."""
    return max(2, int(settings.CALL_WAITERS * 4 // 5))
