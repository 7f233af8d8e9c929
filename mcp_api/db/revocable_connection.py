"""Taking the database away from a thread that cannot be stopped: what it wrote is rolled back, and its locks go."""

import logging
import threading
from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.db import connection_pool
from mcp_api.db.left_transactions import roll_back_left_transactions

logger = logging.getLogger(__name__)


# Of this process, for the calls of all people.
_places = connection_pool.connection_quota()


class RevocableConnection:
    """The own connection of a thread that works for `person`, which another thread may sever.

    To be made, and released, in that thread.
    """

    def __init__(self, person: int) -> None:
        self.person = person
        self._has_place = False
        self._wrapper: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
        self._lock = threading.RLock()
        self._severed = self._released = False

    def take(self) -> None:
        """From now on let the thread connect only as long as it is not severed: with its first statement, and not
        before, as a call that makes none needs none of the connections that all threads share.

        A connection that it kept from earlier calls is severed too; it may not make another in its place.
        """
        self._wrapper.connect = self._connect  # type: ignore[method-assign]

    def _connect(self) -> None:
        if _places is not None and not self._has_place:
            _places.acquire(self.person, lambda: not self._severed)
            self._has_place = True
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
        if self._has_place:
            roll_back_left_transactions()
        self.lend()
        return self._severed

    def lend(self) -> None:
        """Let others have the connection, until the thread asks the database again. Not within a transaction."""
        if _places is not None and self._has_place:
            connection_pool.release_connection()
            _places.release(self.person)
            self._has_place = False


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
