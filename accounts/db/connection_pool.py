"""The database connections that a process's threads share, where they do (DATABASE_POOL)."""

import select
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, close_old_connections, connections
from psycopg_pool import ConnectionPool

from accounts.conf import conf
from accounts.counters import decrement

# Connections that calls of tools leave to requests: health, sign-in, tokens, and what listens for changes.
OTHERS_CONNECTIONS = 4
# How often a call that waits for a connection looks whether it may still have one.
TICK_SECONDS = 0.5


def release_connection() -> None:
    """Give this thread's connection back before it waits: else all of them could wait here for one who needs one."""
    if conf.DATABASE_POOL:
        close_old_connections()


# --- Whether a connection is good -----------------------------------------------------------------


def is_quiet(raw: Any) -> bool:
    """Whether a psycopg connection has nothing to read. A server that ends one says so: no round trip is needed."""
    if raw.closed:
        return False
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return not poll.poll(0)


def check_by_socket() -> None:
    """Let the pool look at a connection's socket, and ask the server only where there is something to read."""
    pool = getattr(connections[DEFAULT_DB_ALIAS], "pool", None)
    if pool is not None and pool._check is not None:
        # Django passes a check of its own, and takes no other.
        pool._check = _check


def _check(raw: Any) -> None:
    """Raises what psycopg raises where the connection is lost."""
    if not is_quiet(raw):
        ConnectionPool.check_connection(raw)


# --- How many connections calls may have ----------------------------------------------------------


class Places:
    """Connections of the pool that calls may hold at a time, however many threads they have.

    Each person has at most as many as are left: half of all, and the next one a quarter.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[int] = Counter()
        self._changed = threading.Condition()

    def take(self, person: int, is_wanted: Callable[[], bool]) -> None:
        """Wait for a place for a call of `person`. Raises OperationalError as soon as it is not wanted any more."""
        with self._changed:
            while not self._is_free(person):
                if not is_wanted():
                    raise OperationalError("This call was given up while it waited for a connection to the database.")
                self._changed.wait(TICK_SECONDS)
            self._held[person] += 1

    def release(self, person: int) -> None:
        with self._changed:
            decrement(self._held, person)
            self._changed.notify_all()

    def _is_free(self, person: int) -> bool:
        return self._held[person] < self.most - self._held.total()


def places() -> Places | None:
    """Return the places of this process; None where each thread has a connection of its own."""
    if not conf.DATABASE_POOL:
        return None
    return Places(max(2, conf.DATABASE_POOL - OTHERS_CONNECTIONS))
