"""Work whose writes are committed at once, beside the transaction of a call."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections

from mcp_api.db.lazy_transaction import has_begun
from mcp_api.db.own_connections import own_connections
from mcp_api.errors import AuthorError

Value = TypeVar("Value")

LOCKED = (
    "SQLite has a single writer, which is the transaction of this tool: {} must come before its first query. Or "
    "declare the tool with atomic=False, or with `async def`."
)
WAITED = (
    "{} waited {:g} s for the database, in vain. If this tool has locked the row of its person or of their connection, "
    "by select_for_update() for instance, {} must come before that. Or declare the tool with atomic=False."
)
# The work waits for locks that the waiting thread may hold itself, which the database cannot see.
MOST_SECONDS = 10.0
# Few: each takes a connection of those that calls leave to others (accounts/db/connection_pool.py).
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="committed")


def run_committed(work: Callable[[], Value], name: str) -> Value:
    """Run `work` in another thread, which has a connection of its own, and return its value. Raises what it raises.

    Raises AuthorError, which calls it `name`, where the transaction of this thread would keep it from writing, and
    after MOST_SECONDS. Work that has begun by then goes on once it has its locks.
    """
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" and has_begun():
        raise AuthorError(LOCKED.format(name))
    future = _pool.submit(copy_context().run, partial(_run, work))
    if not wait([future], MOST_SECONDS).done:
        future.cancel()
        raise AuthorError(WAITED.format(name, MOST_SECONDS, name))
    return future.result()


def _run(work: Callable[[], Value]) -> Value:
    with own_connections():
        return work()
