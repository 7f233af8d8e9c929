"""Work whose writes are committed at once, beside the transaction of a call."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
# Few: each takes a connection of those that calls leave to others (accounts/db/connection_pool.py).
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="committed")


def run_committed(work: Callable[[], Value], name: str) -> Value:
    """Run `work` in another thread, which has a connection of its own, and return its value. Raises what it raises.

    Raises AuthorError, which calls it `name`, where the transaction of this thread would keep it from writing.
    """
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" and has_begun():
        raise AuthorError(LOCKED.format(name))
    return _pool.submit(copy_context().run, partial(_run, work)).result()


def _run(work: Callable[[], Value]) -> Value:
    with own_connections():
        return work()
