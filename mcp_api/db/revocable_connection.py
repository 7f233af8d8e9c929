"""Revoke the database connection of a thread that cannot be stopped: roll back its writes and release its locks."""

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
    """The database connection of a thread that works for `person`. Another thread may revoke it.

    To be created and released in the thread that works.
    """

    def __init__(self, person: int) -> None:
        self.person = person
        self._has_place = False
        self._wrapper: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
        self._lock = threading.RLock()
        self._revoked = self._released = False

    def take(self) -> None:
        """From now on let the thread connect only until it is revoked.

        It connects with its first statement: a call without one takes none of the connections that threads share. A
        connection that is open from an earlier call is revoked too, and cannot be replaced.
        """
        self._wrapper.connect = self._connect  # type: ignore[method-assign]

    def _connect(self) -> None:
        if _places is not None and not self._has_place:
            _places.acquire(self.person, lambda: not self._revoked)
            self._has_place = True
        with self._lock:
            if self._revoked:
                raise OperationalError("this call was given up: it can no longer use the database")
            type(self._wrapper).connect(self._wrapper)

    def revoke(self) -> bool:
        """Roll back the thread's transaction and refuse its further writes. Return False if it has ended already."""
        with self._lock:
            if self._released:
                return False
            self._revoked = True
            raw = self._wrapper.connection
            try:
                if raw is not None:
                    _REVOKE[self._wrapper.vendor](raw)
            except Exception:
                logger.exception("the database connection of a call that was given up could not be revoked")
            return True

    def release(self) -> bool:
        """End the thread's use, so that its next call gets a usable connection. Return whether it was revoked."""
        with self._lock:
            self._released = True
        self._wrapper.__dict__.pop("connect", None)
        if self._revoked:
            self._wrapper.close()
        if self._has_place:
            roll_back_left_transactions()
        self.lend()
        return self._revoked

    def lend(self) -> None:
        """Return the connection to the pool until the thread's next query. Not to be called within a transaction."""
        if _places is not None and self._has_place:
            connection_pool.release_connection()
            _places.release(self.person)
            self._has_place = False


def _revoke_sqlite(raw: object) -> None:
    """Roll back in this thread, as SQLite allows, and refuse later writes, each of which would commit."""
    execute: Callable[[str], object] = raw.execute  # type: ignore[attr-defined]
    execute("PRAGMA query_only = ON")
    raw.interrupt()  # type: ignore[attr-defined]
    if raw.in_transaction:  # type: ignore[attr-defined]
        execute("ROLLBACK")


def _revoke_postgresql(raw: object) -> None:
    """End the session from another one: libpq's connections belong to their thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])  # type: ignore[attr-defined]


_REVOKE: dict[str, Callable[[object], None]] = {"sqlite": _revoke_sqlite, "postgresql": _revoke_postgresql}
