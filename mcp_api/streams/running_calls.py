"""Calls that run in this process without a stream, which are answered before the process ends.

Those with a stream are watched with their tokens (mcp_api/streams/open_streams.py).
"""

import threading
import time
import weakref
from typing import Protocol

from mcp_api.streams import open_streams


class RunningCall(Protocol):
    def process_stops(self) -> None:
        """Conclude the call at once."""


INTERVAL_SECONDS = 0.5

_running: "weakref.WeakSet[RunningCall]" = weakref.WeakSet()
_lock = threading.Lock()


def add(call: RunningCall) -> None:
    with _lock:
        _running.add(call)


def discard(call: RunningCall) -> None:
    with _lock:
        _running.discard(call)


def watch_for_stop() -> None:
    """Begin to wait for the stop of the process. To be called once, in a worker."""
    threading.Thread(target=_wait_for_stop, name="stop watch", daemon=True).start()


def _wait_for_stop() -> None:
    while open_streams.is_serving():
        time.sleep(INTERVAL_SECONDS)
    time.sleep(max(0.0, open_streams.graceful_seconds - open_streams.NOTICE_SECONDS))
    answer_all()


def answer_all() -> None:
    """Conclude each call: its process ends soon."""
    with _lock:
        calls = list(_running)
    for each in calls:
        each.process_stops()
