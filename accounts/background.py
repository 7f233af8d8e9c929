"""Work after a response: the response time does not reveal whether there was any, such as an email to send."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from django.db import connections

logger = logging.getLogger(__name__)

# Work that is queued when the process is asked to stop is finished before it exits.
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="background")


def run_in_background(work: Callable[[], object]) -> None:
    """Run `work` in another thread, with the context variables of the current request."""
    _pool.submit(copy_context().run, _run, work)


def _run(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        logger.exception("background work failed")
    finally:
        connections.close_all()
