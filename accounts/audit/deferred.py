"""Events that wait for SQLite's writer, after the response of their request.

A call that only reads would wait for each tool that writes for long, such as `ping` for its event. So while the write
lock is held, events are kept in memory, in their order, and written as soon as it is free. They are in the server's log
at once. A process that is killed loses them; one that is asked to stop writes them first.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice

from accounts.background import run_in_background
from accounts.db.errors import UNAVAILABLE
from accounts.models import Event

logger = logging.getLogger(__name__)

Insert = Callable[[list[Event]], None]

# More wait for the lock themselves.
MOST_EVENTS = 10_000
MOST_AT_ONCE = 32
# Each attempt waits for the lock as long as any other write (20 seconds).
MOST_ATTEMPTS = 60
RETRY_SECONDS = 1.0

_events: deque[Event] = deque()
# Whether a thread writes them, until it has found none left.
_writing = threading.Event()
_lock = threading.Lock()


def has_room() -> bool:
    return len(_events) < MOST_EVENTS


def is_pending() -> bool:
    """Return whether earlier events wait, which are written before any other."""
    return bool(_events)


def add(events: list[Event], insert: Insert) -> None:
    """Write `events` by `insert`, in another thread, once the lock is free."""
    with _lock:
        _events.extend(events)
        begins = not _writing.is_set()
        _writing.set()
    if begins:
        run_in_background(lambda: _write_all(insert))


def _write_all(insert: Insert) -> None:
    while batch := _next_batch():
        _write(batch, insert)
        with _lock:
            for _ in batch:
                _events.popleft()


def _next_batch() -> list[Event]:
    """Return the next events. If there are none, those that come later are another thread's."""
    with _lock:
        batch = list(islice(_events, MOST_AT_ONCE))
        if not batch:
            _writing.clear()
    return batch


def _write(batch: list[Event], insert: Insert) -> None:
    """Write `batch`. An event that the database rejects must not prevent the others from being written."""
    for _ in range(MOST_ATTEMPTS):
        try:
            insert(batch)
        except UNAVAILABLE:
            time.sleep(RETRY_SECONDS)
        except Exception:
            if len(batch) > 1:
                for event in batch:
                    _write([event], insert)
            else:
                logger.exception("An event could not be written to the audit log")
            return
        else:
            return
    logger.error("%d events could not be written to the audit log: the database stays locked", len(batch))
