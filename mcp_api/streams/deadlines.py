"""When the calls that run in this process must have ended: one thread looks, for all of them."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

# How late a deadline may be noticed.
TICK_SECONDS = 0.1

_pending: "set[Deadline]" = set()
_changed = threading.Condition()
_watch: threading.Thread | None = None
# What is done about a missed one may have to wait for the database: not in the thread that looks.
_executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="deadline")


@dataclass(eq=False, slots=True)
class Deadline:
    """`missed` is called once `at` (time.monotonic()) has passed, unless it was met before."""

    at: float
    missed: Callable[[], object]

    def met(self) -> bool:
        """There is no need for it any more. Returns False where it was missed already."""
        with _changed:
            if self not in _pending:
                return False
            _pending.discard(self)
            # What it would have ended is held no longer.
            self.missed = _nothing
            return True


def begin(seconds: float, missed: Callable[[], object]) -> Deadline:
    """A deadline `seconds` from now."""
    global _watch  # noqa: PLW0603 - one thread for the process
    deadline = Deadline(time.monotonic() + seconds, missed)
    with _changed:
        _pending.add(deadline)
        if _watch is None:
            _watch = threading.Thread(target=_look, name="deadlines", daemon=True)
            _watch.start()
        elif len(_pending) == 1:
            _changed.notify()
    return deadline


def _nothing() -> None:
    """What a deadline does that was met."""


def _look() -> None:
    while True:
        with _changed:
            while not _pending:
                _changed.wait()
            now = time.monotonic()
            missed = [deadline for deadline in _pending if deadline.at <= now]
            _pending.difference_update(missed)
        for deadline in missed:
            _executor.submit(deadline.missed)
            deadline.missed = _nothing
        del missed
        time.sleep(TICK_SECONDS)
