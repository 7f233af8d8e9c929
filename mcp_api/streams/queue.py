"""Queue of the items of one stream, whose consumer waits in a thread or in an event loop."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import janus

# With more items, the client reads more slowly than the server writes.
MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """An item that is in the queue once at most."""

    key: Hashable
    item: Any


class StreamQueue:
    """Items in their order. Any thread may put one."""

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
        """Put `item`, unless one with the same key is in the queue. For one thread at a time."""
        if key not in self._waiting:
            self._waiting.add(key)
            self.put(Notice(key, item))

    def close(self) -> None:
        """Drop all items, and those to come: there is no reader any more."""
        self._is_closed = True
        while True:
            try:
                self._queue.sync_q.get_nowait()
            except janus.SyncQueueEmpty:
                return

    def put_first(self, item: Any) -> None:
        """Make `item` the next one. For the reader only."""
        self._next.append(item)

    def take(self, seconds: float) -> Any:
        """Return the next item; None if there is none after `seconds`."""
        if self._next:
            return self._next.pop()
        try:
            return self._taken(self._queue.sync_q.get(timeout=seconds))
        except janus.SyncQueueEmpty:
            return None

    async def take_async(self, seconds: float) -> Any:
        """Do the same in an event loop."""
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
