"""Taking the database away from a thread that cannot be stopped: what it wrote is rolled back, and its locks go."""

import logging
import threading
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)


class Hold:
    """A thread's own connection, which another thread may sever. To be made, and released, in that thread."""

    def __init__(self) -> None:
        self._wrapper: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
        self._lock = threading.RLock()
        self._severed = self._released = False

    def take(self) -> None:
        """Connect now, and from now on only as long as the thread is not severed. Raises the database's errors."""
        self._wrapper.connect = self._connect  # type: ignore[method-assign]
        # Now, because the first query would take a severed connection for one that has gone bad, and make another.
        self._wrapper.close_if_health_check_failed()
        self._wrapper.ensure_connection()

    def _connect(self) -> None:
        with self._lock:
            if self._severed:
                raise OperationalError("this call was given up: it may not use the database any more")
            type(self._wrapper).connect(self._wrapper)

    def sever(self) -> bool:
        """Roll back what the thread has begun, and let it write no more. Returns False where it is done already."""
        with self._lock:
            if self._released:
                return False
            self._severed = True
            raw = self._wrapper.connection
            try:
                if raw is not None:
                    _SEVER[self._wrapper.vendor](raw)
            except Exception:
                logger.exception("a call that was given up could not be severed from the database")
            return True

    def release(self) -> bool:
        """The thread is done: its next call gets a connection that is good. Returns whether it was severed."""
        with self._lock:
            self._released = True
        self._wrapper.__dict__.pop("connect", None)
        if self._severed:
            self._wrapper.close()
        return self._severed


def _sever_sqlite(raw: object) -> None:
    """SQLite's connections may be used from any thread. What the thread writes from now on is refused, as it would
    commit by itself."""
    execute: Callable[[str], object] = raw.execute  # type: ignore[attr-defined]
    execute("PRAGMA query_only = ON")
    raw.interrupt()  # type: ignore[attr-defined]
    if raw.in_transaction:  # type: ignore[attr-defined]
        execute("ROLLBACK")


def _sever_postgresql(raw: object) -> None:
    """By the server, which lets everybody end their own sessions: libpq's connections are their thread's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])  # type: ignore[attr-defined]


_SEVER: dict[str, Callable[[object], None]] = {"sqlite": _sever_sqlite, "postgresql": _sever_postgresql}
