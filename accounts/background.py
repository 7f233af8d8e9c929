"""Work that nobody waits for: so that the time an answer takes does not tell whether there was any."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connections

logger = logging.getLogger(__name__)

# What waits here when the process is told to stop is done before it ends.
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="background")


def run_in_background(work: Callable[[], object]) -> None:
    """Do `work` in another thread, in the context of the request that asks for it."""
    _pool.submit(copy_context().run, _run, work)


def _run(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        logger.exception("work that was put off failed")
    finally:
        connections.close_all()
