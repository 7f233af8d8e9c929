"""Short transactions of a large operation, with pauses in which other threads can write.

SQLite has one writer, and a waiting writer checks the lock at intervals of up to 100 ms. It would find no gap between
transactions without pauses, and give up after 20 seconds.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# A thread pauses after it has written for this long, in one or more transactions. An ordinary request takes less.
WRITING_SECONDS = 0.1
# A longer pause would not help: by then, every waiting writer has checked the lock.
LONGEST_PAUSE_SECONDS = 0.12
# The pause, as a share of the time in which other threads could not write.
SHARE = 0.25
# After this time without a write, a new operation has begun.
IDLE_SECONDS = 1.0


class WriteTime(threading.local):
    """The time that this thread has written since its last pause, and when its last transaction ended."""

    seconds = 0.0
    at = 0.0


write_time = WriteTime()


@contextmanager
def short_transaction() -> Iterator[None]:
    """Run the block in a transaction, then pause where other threads have waited for long. Nested ones do not pause."""
    is_outermost, began = not connection.in_atomic_block, time.monotonic()
    with transaction.atomic():
        yield
    if is_outermost and connection.vendor == "sqlite":
        _note(began, time.monotonic())
        _let_others_write()


def _note(began: float, ended: float) -> None:
    if began - write_time.at > IDLE_SECONDS:
        write_time.seconds = 0.0
    write_time.seconds += ended - began
    write_time.at = ended


def _let_others_write() -> None:
    if write_time.seconds >= WRITING_SECONDS:
        time.sleep(min(SHARE * write_time.seconds, LONGEST_PAUSE_SECONDS))
        write_time.seconds, write_time.at = 0.0, time.monotonic()
