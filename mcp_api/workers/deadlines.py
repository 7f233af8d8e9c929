"""Deadlines of the calls in this process: timers of the event loop, or one thread that watches all of them."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

# The longest time by which the thread notices a deadline late.
TICK_SECONDS = 0.1

_pending: "set[Deadline]" = set()
_changed = threading.Condition()
_watch: threading.Thread | None = None
# The callbacks may wait for the database, so they do not run in the thread that watches.
_executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="deadline")


@dataclass(eq=False, slots=True)
class Deadline:
    """A callback, `missed`, at the time `at` (of time.monotonic()), unless `met` is called before."""

    at: float
    missed: Callable[[], object]
    is_open: bool = True
    # Set on an event loop.
    timer: asyncio.TimerHandle | None = None

    def met(self) -> bool:
        """Cancel the deadline. Return False if it was missed already."""
        return self._end() is not None

    def cancel_timer(self) -> None:
        """Remove the timer of a deadline that was met. To be called on the event loop."""
        if self.timer is not None and not self.is_open:
            self.timer.cancel()

    def _end(self) -> Callable[[], object] | None:
        """Close the deadline and return its callback, which is released; None if it was closed already."""
        with _changed:
            if not self.is_open:
                return None
            self.is_open = False
            _pending.discard(self)
            missed, self.missed = self.missed, _nothing
            return missed

    def _pass(self) -> None:
        missed = self._end()
        if missed is not None:
            _executor.submit(missed)


def begin(seconds: float, missed: Callable[[], object]) -> Deadline:
    """Start a deadline `seconds` from now. It is a timer if an event loop runs in this thread."""
    deadline = Deadline(time.monotonic() + seconds, missed)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _watch_for(deadline)
    else:
        deadline.timer = loop.call_later(seconds, deadline._pass)
    return deadline


def _watch_for(deadline: Deadline) -> None:
    global _watch  # noqa: PLW0603 - one thread for each process
    with _changed:
        _pending.add(deadline)
        if _watch is None:
            _watch = threading.Thread(target=_watch_all, name="deadlines", daemon=True)
            _watch.start()
        elif len(_pending) == 1:
            _changed.notify()


def _nothing() -> None:
    """The callback of a closed deadline."""


def _watch_all() -> None:
    while True:
        with _changed:
            while not _pending:
                _changed.wait()
            now = time.monotonic()
            passed = [deadline for deadline in _pending if deadline.at <= now]
        for deadline in passed:
            deadline._pass()
        del passed
        time.sleep(TICK_SECONDS)
