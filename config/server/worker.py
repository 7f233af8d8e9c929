"""Preparation of a gunicorn worker that has loaded the application."""

import gc
from typing import Any

from config.server.loop_worker import Protocol
from mcp_api.extensions.tasks import worker as tasks
from mcp_api.streams import open_streams, running_calls


def begin_worker(worker: Any) -> None:
    """Let open streams and calls end when `worker` stops, set up its event loop, and tune the garbage collector."""
    open_streams.is_serving = lambda: worker.alive
    open_streams.graceful_seconds = float(worker.cfg.graceful_timeout)
    running_calls.watch_for_stop()
    tasks.start_if_offered()
    if hasattr(worker, "loop"):
        share_connections(worker)
    # What is loaded by now stays, and the garbage collector need not scan it.
    gc.collect()
    gc.freeze()
    # Few later objects are in cycles, and with many streams a collection takes long.
    gc.set_threshold(20_000, 20, 20)


def share_connections(worker: Any) -> None:
    """Let an event loop accept one connection at a time, with the protocol of config/server/loop_worker.py.

    asyncio accepts as many as wait, up to the length of its queue: one worker would serve all connections that arrive
    together, and the others none.
    """
    loop = worker.loop
    create_server = loop.create_server

    async def create(factory: Any, *, sock: Any, **options: Any) -> Any:
        server = await create_server(lambda: Protocol(worker), sock=sock, **options, backlog=1)
        # The kernel's queue keeps its length.
        sock.listen(worker.cfg.backlog)
        return server

    loop.create_server = create
