"""Limits of concurrent work: in total, and in each group that it belongs to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

# The groups of a fetch or a waiting request, each with its limit.
Groups = Mapping[str, int]


class ConcurrencyLimit:
    """Slots for concurrent work in this process, at most `total`."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._taken: Counter[str] = Counter()
        self._count = 0
        self._lock = Lock()

    def acquire(self, groups: Groups) -> bool:
        """Acquire a slot, without waiting. Returns False where none is free in total, or in one of `groups`."""
        with self._lock:
            if self._count >= self.total or any(self._taken[name] >= most for name, most in groups.items()):
                return False
            self._count += 1
            self._taken.update(groups.keys())
            return True

    def release(self, groups: Groups) -> None:
        with self._lock:
            self._count -= 1
            self._taken.subtract(groups.keys())
            # Clients choose the names, so those with a count of 0 are removed.
            self._taken += Counter()

    @contextmanager
    def slot(self, groups: Groups) -> Iterator[bool]:
        """Hold a slot during the block. Yields False where none is free."""
        is_acquired = self.acquire(groups)
        try:
            yield is_acquired
        finally:
            if is_acquired:
                self.release(groups)
