"""The lock of SQLite's only writer, for which requests that only read do not wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection

# Ordinary transactions are over by then.
BRIEF_SECONDS = 0.25
# Django's default, where the settings have none.
DEFAULT_TIMEOUT_SECONDS = 5.0


class WriterBusy(Exception):
    """Another connection has held SQLite's write lock for longer than BRIEF_SECONDS."""


@contextmanager
def brief_wait() -> Iterator[None]:
    """Run the block, and raise WriterBusy where a write of it would wait for longer than BRIEF_SECONDS.

    In a transaction, and on PostgreSQL, whose writers do not exclude each other, this has no effect.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    shortened: list[Any] = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        # Only now is there certainly a connection.
        if not shortened:
            shortened.append(connection.connection)
            _set_timeout(connection.connection, BRIEF_SECONDS)
        return run(sql, params, many, context)

    try:
        with connection.execute_wrapper(execute):
            yield
    except OperationalError as error:
        if "locked" in str(error):
            raise WriterBusy from error
        raise
    finally:
        for raw in shortened:
            _set_timeout(raw, connection.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT_SECONDS))


def _set_timeout(raw: Any, seconds: float) -> None:
    raw.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
