"""A transaction that begins with its first statement, so that a tool without queries does not use the database."""

from types import TracebackType

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import Atomic

# The attribute of a connection whose transaction has not begun.
DEFERRED = "ensure_connection"


def has_begun() -> bool:
    """Return whether the default database of this thread is in a transaction that had a statement."""
    connection = connections[DEFAULT_DB_ALIAS]
    return connection.in_atomic_block and DEFERRED not in connection.__dict__


class LazyTransaction:
    """transaction.atomic() on the default database that begins when the connection is first used.

    For Django the block is a transaction from the start: nested blocks are savepoints, durable ones are refused, and
    on_commit waits for the end. `has_begun` is True once there was a statement. Within another atomic block, such as a
    test's, it begins at once.
    """

    def __init__(self) -> None:
        self._connection = connections[DEFAULT_DB_ALIAS]
        self._atomic = Atomic(DEFAULT_DB_ALIAS, savepoint=True, durable=False)
        self.has_begun = self._was_checked = False

    def __enter__(self) -> "LazyTransaction":
        connection = self._connection
        if connection.in_atomic_block:
            self._atomic.__enter__()
            self.has_begun = True
            return self
        connection.in_atomic_block = connection.commit_on_exit = True
        connection.needs_rollback = False
        connection.atomic_blocks.append(self._atomic)
        self._defer()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self.has_begun and exc_type is None and self._connection.run_on_commit:
            # There are on_commit callbacks, which Django runs after a commit.
            try:
                self._begin()
            except BaseException:
                self._end_unbegun()
                raise
        if self.has_begun:
            self._atomic.__exit__(exc_type, error, traceback)
        else:
            self._end_unbegun()

    def _defer(self) -> None:
        """Begin when Django next calls `ensure_connection`, as it does before each statement and savepoint."""
        self._connection.ensure_connection = self._begin  # type: ignore[method-assign]
        self._was_checked = self._connection.health_check_done  # type: ignore[attr-defined] # the stubs lack it
        # Otherwise Django would check the kept connection first, and treat a dead one as a lost transaction.
        self._connection.health_check_done = True  # type: ignore[attr-defined] # as above

    def _begin(self) -> None:
        """Begin the transaction. After a database error the next statement tries again; none runs outside of it."""
        connection = self._connection
        self._stop_deferring()
        blocks, connection.atomic_blocks, connection.in_atomic_block = connection.atomic_blocks, [], False
        # A new connection resets these.
        callbacks, needs_rollback = connection.run_on_commit, connection.needs_rollback
        try:
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        except BaseException:
            self._defer()
            raise
        else:
            self.has_begun = True
        finally:
            connection.atomic_blocks, connection.in_atomic_block = blocks, True
            connection.run_on_commit, connection.needs_rollback = callbacks, needs_rollback
            connection.commit_on_exit = True

    def _stop_deferring(self) -> None:
        self._connection.__dict__.pop(DEFERRED, None)
        self._connection.health_check_done = self._was_checked  # type: ignore[attr-defined] # as above

    def _end_unbegun(self) -> None:
        connection = self._connection
        self._stop_deferring()
        connection.atomic_blocks.pop()
        connection.in_atomic_block = connection.needs_rollback = False
        connection.run_on_commit = []
        if connection.closed_in_transaction:
            # Atomic.__exit__ does the same.
            connection.connection, connection.closed_in_transaction = None, False
