"""The threads that calls run in when they may speak before they end: bounded, and apart from those that reply."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections

logger = logging.getLogger(__name__)

# Threads are started as they are needed, and kept with their connections to the database.
_pool = ThreadPoolExecutor(max_workers=settings.TOOL_THREADS, thread_name_prefix="tool")


def submit(work: Callable[[], object]) -> None:
    """Run `work` in a thread, as soon as one is free."""
    _pool.submit(_run, work)


def _run(work: Callable[[], object]) -> None:
    close_old_connections()
    try:
        work()
    except BaseException:
        logger.exception("a thread's work failed")
    finally:
        close_old_connections()
