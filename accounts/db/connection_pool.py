"""The pool of database connections that the threads of a process share (DATABASE_POOL)."""

import select
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, close_old_connections, connections
from psycopg_pool import ConnectionPool

from accounts.conf import conf
from accounts.counters import decrement

# Connections that tool calls leave to others: health, sign-in, tokens, and the listener for notifications.
RESERVED_CONNECTIONS = 4
# The interval at which a call that waits for a connection checks whether it still needs one.
TICK_SECONDS = 0.5


def release_connection() -> None:
    """Return this thread's connection to the pool before the thread waits, so that others can use it."""
    if conf.DATABASE_POOL:
        close_old_connections()


# --- Checks of connections -----------------------------------------------------------------


def is_quiet(raw: Any) -> bool:
    """Return whether a psycopg connection has nothing to read: a server that ends one sends a message first."""
    if raw.closed:
        return False
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return not poll.poll(0)


def check_by_socket() -> None:
    """Let the pool check connections at their sockets, and query the server only where there is something to read."""
    pool = getattr(connections[DEFAULT_DB_ALIAS], "pool", None)
    if pool is not None and pool._check is not None:
        # Django sets a check of its own, without a setting for another one.
        pool._check = _check


def _check(raw: Any) -> None:
    """Raise psycopg's exception where the connection is lost."""
    if not is_quiet(raw):
        ConnectionPool.check_connection(raw)


# --- Limits of tool calls ----------------------------------------------------------


class ConnectionQuota:
    """A bound of the pool's connections that tool calls may hold at a time, in total and for each person.

    A person may hold at most as many as are free: half of all, and the next person a quarter.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._in_use: Counter[int] = Counter()
        self._changed = threading.Condition()

    def acquire(self, person: int, is_needed: Callable[[], bool]) -> None:
        """Wait for a connection for a call of `person`. Raises OperationalError once it is no longer needed."""
        with self._changed:
            while not self._is_free(person):
                if not is_needed():
                    raise OperationalError("This call was given up while it waited for a database connection.")
                self._changed.wait(TICK_SECONDS)
            self._in_use[person] += 1

    def release(self, person: int) -> None:
        with self._changed:
            decrement(self._in_use, person)
            self._changed.notify_all()

    def _is_free(self, person: int) -> bool:
        return self._in_use[person] < self.most - self._in_use.total()


def connection_quota() -> ConnectionQuota | None:
    """Return the quota of a process; None without a pool, where each thread has a connection of its own."""
    if not conf.DATABASE_POOL:
        return None
    return ConnectionQuota(max(2, conf.DATABASE_POOL - RESERVED_CONNECTIONS))
