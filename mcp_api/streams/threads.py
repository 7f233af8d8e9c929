"""The threads that calls run in: bounded, and apart from those that reply."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.conf import settings
from django.db import close_old_connections

from mcp_api.errors import Busy

logger = logging.getLogger(__name__)

# Threads are started as they are needed, and kept with their connections to the database.
_pool = ThreadPoolExecutor(max_workers=settings.TOOL_THREADS, thread_name_prefix="tool")
_lock = threading.Lock()
_stuck = 0


def submit(work: Callable[[], object]) -> None:
    """Run `work` in a thread, as soon as one is free. Raises Busy where each is held by a call beyond its time."""
    if _stuck >= settings.TOOL_THREADS:
        raise Busy
    _pool.submit(_run, work)


def stuck(change: int) -> None:
    """One more call (1) was given up that still holds its thread, or one of those has ended (-1)."""
    global _stuck  # noqa: PLW0603 - of the process
    with _lock:
        _stuck += change
    logger.warning("%s of %s threads are held by calls that were given up", _stuck, settings.TOOL_THREADS)


def _run(work: Callable[[], object]) -> None:
    with own_connections():
        try:
            work()
        except BaseException:
            logger.exception("a thread's work failed")


@contextmanager
def own_connections() -> Iterator[None]:
    """What a thread's work asks the database goes over connections that are good, and are given back afterwards."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()
