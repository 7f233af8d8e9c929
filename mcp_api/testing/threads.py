"""Calls in the thread of a test."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection

from mcp_api.db import committed
from mcp_api.extensions.tasks import pool, worker
from mcp_api.pubsub import broker
from mcp_api.streams import open_streams
from mcp_api.workers import deadlines, threads


@contextmanager
def in_this_thread() -> Iterator[None]:
    """Run calls in the current thread: other threads would not see the data of a test's transaction."""
    begin = deadlines.begin
    with ExitStack() as stack:
        stack.enter_context(patch.object(threads, "submit", lambda person, target, octets, work: work()))
        stack.enter_context(patch.object(pool, "submit", lambda person, target, octets, work: work()))
        stack.enter_context(patch.object(worker, "start", lambda: None))
        stack.enter_context(patch.object(committed, "run_committed", _run_here))
        # No deadline: it would roll back the test's own data together with the call.
        stack.enter_context(patch.object(deadlines, "begin", lambda seconds, missed: begin(math.inf, missed)))
        # No other thread reads the test's database, which SQLite would lock.
        stack.enter_context(patch.object(broker.Reader, "_start", lambda reader: reader._listening.set()))
        stack.enter_context(patch.object(open_streams, "_start_watch", lambda: None))
        yield


def _run_here(work: Callable[[], Any], name: str) -> Any:
    """Run what would have a connection of its own, to which the rules for statements of a tool do not apply."""
    wrappers, connection.execute_wrappers = connection.execute_wrappers, []
    try:
        return work()
    finally:
        connection.execute_wrappers = wrappers
