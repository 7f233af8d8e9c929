"""Bounds on work under way at a time: in all, and for each group that it belongs to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

# Each group that a fetch or a waiting request belongs to, with the most that it may take.
Groups = Mapping[str, int]


class Bounds:
    """Counts what is under way in this process. `total` is the bound of all together."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._taken: Counter[str] = Counter()
        self._count = 0
        self._lock = Lock()

    def take(self, groups: Groups) -> bool:
        """Take a place, without waiting. False where there is none in all, or in one of `groups`."""
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
            # Clients choose the names, so those that count nothing are removed.
            self._taken += Counter()

    @contextmanager
    def place(self, groups: Groups) -> Iterator[bool]:
        """A place for as long as the block lasts. Yields False where there is none."""
        is_taken = self.take(groups)
        try:
            yield is_taken
        finally:
            if is_taken:
                self.release(groups)
