"""Calls in the thread of a test."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

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
        # No deadline: it would roll back the test's own data together with the call.
        stack.enter_context(patch.object(deadlines, "begin", lambda seconds, missed: begin(math.inf, missed)))
        # No other thread reads the test's database, which SQLite would lock.
        stack.enter_context(patch.object(broker.Reader, "_start", lambda reader: reader._listening.set()))
        stack.enter_context(patch.object(open_streams, "_start_watch", lambda: None))
        yield
