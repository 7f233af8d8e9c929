"""Database connections of worker threads, which are checked and returned as Django does for requests."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connections

from accounts.db.connection_pool import is_quiet
from mcp_api.db.left_transactions import roll_back_left_transactions


@contextmanager
def own_connections() -> Iterator[None]:
    """Run the block with usable database connections of this thread, and return them to the pool afterwards."""
    close_old_connections()
    for each in connections.all(initialized_only=True):
        if each.vendor == "postgresql" and each.connection is not None and is_quiet(each.connection):
            # The connection is open: no query has to check it.
            each.health_check_done = True  # type: ignore[attr-defined] # the stubs lack it
    try:
        yield
    finally:
        roll_back_left_transactions()
        close_old_connections()
