"""A transaction that begins with the first statement: a tool that asks the database nothing costs it nothing."""

from types import TracebackType

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import Atomic


class LazyTransaction:
    """transaction.atomic() on the default database, which reaches it when somebody first asks for the connection.

    From the start Django takes the block for a transaction: blocks within are savepoints, durable ones are refused,
    on_commit waits for its end. `has_begun` tells whether there was a statement. Inside another block, such as a
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
        self._wait()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self.has_begun and exc_type is None and self._connection.run_on_commit:
            # What is to be done after the commit is done after a commit.
            try:
                self._begin()
            except BaseException:
                self._end_unbegun()
                raise
        if self.has_begun:
            self._atomic.__exit__(exc_type, error, traceback)
        else:
            self._end_unbegun()

    def _wait(self) -> None:
        """Begin when Django next asks for the connection, which every statement and savepoint does first."""
        self._connection.ensure_connection = self._begin  # type: ignore[method-assign]
        self._was_checked = self._connection.health_check_done  # type: ignore[attr-defined] # the stubs lack it
        # It looks at a kept connection before that, and would take one that died for the loss of the transaction.
        self._connection.health_check_done = True  # type: ignore[attr-defined] # as above

    def _begin(self) -> None:
        """Raises the database's errors: then the next statement tries again, and none is made outside of it."""
        connection = self._connection
        self._forget_to_wait()
        blocks, connection.atomic_blocks, connection.in_atomic_block = connection.atomic_blocks, [], False
        # A new connection forgets all of these.
        waiting, needs_rollback = connection.run_on_commit, connection.needs_rollback
        try:
            connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        except BaseException:
            self._wait()
            raise
        else:
            self.has_begun = True
        finally:
            connection.atomic_blocks, connection.in_atomic_block = blocks, True
            connection.run_on_commit, connection.needs_rollback = waiting, needs_rollback
            connection.commit_on_exit = True

    def _forget_to_wait(self) -> None:
        self._connection.__dict__.pop("ensure_connection", None)
        self._connection.health_check_done = self._was_checked  # type: ignore[attr-defined] # as above

    def _end_unbegun(self) -> None:
        connection = self._connection
        self._forget_to_wait()
        connection.atomic_blocks.pop()
        connection.in_atomic_block = connection.needs_rollback = False
        connection.run_on_commit = []
        if connection.closed_in_transaction:
            # As at the end of Django's own block.
            connection.connection, connection.closed_in_transaction = None, False
