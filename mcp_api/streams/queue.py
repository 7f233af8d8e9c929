"""Channel between a producer and a consumer, which waits in a thread or in an event loop."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import janus

# Beyond, the reader is slower than the writer.
MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """An item of which one is enough until it is taken."""

    key: Hashable
    item: Any


class StreamQueue:
    """Items in their order, put in from any thread."""

    def __init__(self) -> None:
        self._queue: janus.Queue[Any] = janus.Queue()
        self._next: list[Any] = []
        self._waiting: set[Hashable] = set()
        self._is_closed = False

    @property
    def is_flooded(self) -> bool:
        return self._queue.sync_q.qsize() >= MOST_WAITING

    def put(self, item: Any) -> None:
        if self._is_closed:
            return
        self._queue.sync_q.put(item)

    def put_notice(self, key: Hashable, item: Any) -> None:
        """Put `item`, unless one with the same key waits still. For one thread at a time."""
        if key not in self._waiting:
            self._waiting.add(key)
            self.put(Notice(key, item))

    def close(self) -> None:
        """Keep nothing any more: nobody will read it."""
        self._is_closed = True
        while True:
            try:
                self._queue.sync_q.get_nowait()
            except janus.SyncQueueEmpty:
                return

    def put_first(self, item: Any) -> None:
        """Let `item` be the next one; for the reader alone."""
        self._next.append(item)

    def take(self, seconds: float) -> Any:
        """The next item; None where there is none in that time."""
        if self._next:
            return self._next.pop()
        try:
            return self._taken(self._queue.sync_q.get(timeout=seconds))
        except janus.SyncQueueEmpty:
            return None

    async def take_async(self, seconds: float) -> Any:
        """The same for an event loop."""
        if self._next:
            return self._next.pop()
        try:
            async with asyncio.timeout(seconds):
                return self._taken(await self._queue.async_q.get())
        except TimeoutError:
            return None

    def _taken(self, item: Any) -> Any:
        if isinstance(item, Notice):
            self._waiting.discard(item.key)
            return item.item
        return item
