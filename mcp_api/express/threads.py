"""Where what cannot be awaited is done."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.conf import settings

from mcp_api.streams.threads import own_connections

Value = TypeVar("Value")

# Started as they are needed.
_pool = ThreadPoolExecutor(max_workers=settings.LOOP_THREADS, thread_name_prefix="express")
_busy = 0


def has_room() -> bool:
    """Whether there is a thread: nobody waits behind what takes its time."""
    return _busy < settings.LOOP_THREADS


async def in_thread(work: Callable[[], Value]) -> Value:
    """What `work` returns, or raises, while the loop goes on."""
    global _busy  # noqa: PLW0603 - of the one loop of the process
    _busy += 1
    try:
        return await asyncio.wrap_future(_pool.submit(copy_context().run, _with_connections, work))
    finally:
        _busy -= 1


def _with_connections(work: Callable[[], Value]) -> Value:
    with own_connections():
        return work()
