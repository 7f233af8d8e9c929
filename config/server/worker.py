"""A gunicorn worker that is about to serve the application."""

import gc
from typing import Any

from config.server.loop_worker import Protocol
from mcp_api.streams import open_streams


def begin_worker(worker: Any) -> None:
    """Let open streams end when `worker` is told to stop, instead of holding it up; and be ready to serve."""
    open_streams.is_serving = lambda: worker.alive
    if hasattr(worker, "loop"):
        share_connections(worker)
    # What is loaded by now stays: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    # What comes later goes by itself, but for the little that refers to itself; beside many streams a search is long.
    gc.set_threshold(20_000, 20, 20)


def share_connections(worker: Any) -> None:
    """Let an event loop take one connection at a time, and give it deadlines (config/server/loop_worker.py).

    asyncio takes as many as wait, up to the length of the queue that it sets: one worker would serve all that came at
    once, for as long as they are kept, and leave the others nothing to do.
    """
    loop = worker.loop
    create_server = loop.create_server

    async def create(factory: Any, *, sock: Any, **options: Any) -> Any:
        server = await create_server(lambda: Protocol(worker), sock=sock, **options, backlog=1)
        # The kernel's own queue is as long as ever.
        sock.listen(worker.cfg.backlog)
        return server

    loop.create_server = create
