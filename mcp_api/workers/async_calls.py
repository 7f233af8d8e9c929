"""Bounds for the calls of async tools on the event loop: in all, and for each person.

They take no thread, so that there may be many. Each keeps its message in memory, which counts together with those of
calls that wait for a thread.
"""

import threading
from collections import Counter

from accounts.counters import decrement
from mcp_api.conf import conf
from mcp_api.errors import Busy
from mcp_api.workers import threads

_lock = threading.Lock()
_running: Counter[int] = Counter()


class AsyncCall:
    """One of these calls, for the person with the key `person`. Its message has a size of `octets`."""

    def __init__(self, person: int, octets: int) -> None:
        self.person, self.octets = person, octets

    def take(self) -> None:
        """Count the call. Raises Busy if ASYNC_CALLS are running, or half as many of this person."""
        most: int = conf.ASYNC_CALLS
        with _lock:
            if _running.total() >= most or _running[self.person] >= max(1, most // 2):
                raise Busy
            threads.waiting_octets.take(self.person, self.octets)
            _running[self.person] += 1

    def release(self) -> None:
        """Uncount the call. To be called once."""
        with _lock:
            decrement(_running, self.person)
        threads.waiting_octets.release(self.person, self.octets)
