"""Transactions of a large act that follow each other, with pauses in which others write.

SQLite has one writer, and who waits for it looks at most every 100 ms. Between transactions that follow each other at
once it finds no gap, and gives up after 20 seconds.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# A thread pauses after it has written for so long, in one or many transactions. An ordinary act takes less.
WRITING_SECONDS = 0.1
# A longer pause lets nobody in who would not come in otherwise.
LONGEST_PAUSE_SECONDS = 0.12
# A pause takes a share of the time in which others could not write.
SHARE = 0.25
# Who did not write for so long has begun another act.
IDLE_SECONDS = 1.0


class Written(threading.local):
    """For how long this thread has written since its last pause, and when it last ended a transaction."""

    seconds = 0.0
    at = 0.0


written = Written()


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction, one of many; after it a pause, where others have waited for long. None inside of another one."""
    is_outermost, began = not connection.in_atomic_block, time.monotonic()
    with transaction.atomic():
        yield
    if is_outermost and connection.vendor == "sqlite":
        _note(began, time.monotonic())
        _let_others_write()


def _note(began: float, ended: float) -> None:
    if began - written.at > IDLE_SECONDS:
        written.seconds = 0.0
    written.seconds += ended - began
    written.at = ended


def _let_others_write() -> None:
    if written.seconds >= WRITING_SECONDS:
        time.sleep(min(SHARE * written.seconds, LONGEST_PAUSE_SECONDS))
        written.seconds, written.at = 0.0, time.monotonic()
