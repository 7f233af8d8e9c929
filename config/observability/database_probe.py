"""Probe of the database that responds in time, even if the database does not."""

from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from functools import cache
from threading import Lock

from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

# Less than the timeout of a load balancer. Other requests may wait longer for a connection.
SECONDS = 1.0
KEEP_SECONDS = 60

_threads = ThreadPoolExecutor(1, thread_name_prefix="database-probe")
_lock = Lock()
_asked: Future[None] | None = None


def ask_database(seconds: float = SECONDS) -> None:
    """Return once the database has responded. Raises django.db.Error if it does not within `seconds`.

    Concurrent probes share one query, in one thread.
    """
    global _asked  # noqa: PLW0603 - of the process
    with _lock:
        if _asked is None or _asked.done():
            _asked = _threads.submit(_ask)
        asked = _asked
    try:
        asked.result(seconds)
    except TimeoutError as error:
        raise OperationalError(f"no response within {seconds:g} s") from error


def _ask() -> None:
    """Query over a separate connection, as all connections of the pool may be in use."""
    own = _connection()
    own.close_if_unusable_or_obsolete()
    with own.cursor() as cursor:
        cursor.execute("SELECT 1")
    own.close_if_unusable_or_obsolete()


@cache
def _connection() -> BaseDatabaseWrapper:
    """Return the connection of the probe's thread, which is kept: a new one costs ten times a query."""
    own = connection.copy()
    options = own.settings_dict["OPTIONS"]
    if options.pop("pool", None):
        own.settings_dict["CONN_MAX_AGE"] = KEEP_SECONDS
    return own
