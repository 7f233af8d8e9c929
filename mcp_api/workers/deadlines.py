"""When the calls that run in this process must have ended: the event loop looks, or one thread for all of them."""

import asyncio
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
    is_open: bool = True
    # Where an event loop looks.
    timer: asyncio.TimerHandle | None = None

    def met(self) -> bool:
        """There is no need for it any more. Returns False where it was missed already."""
        return self._end() is not None

    def cancel_timer(self) -> None:
        """Free the place of a deadline that was met. To be called in the event loop."""
        if self.timer is not None and not self.is_open:
            self.timer.cancel()

    def _end(self) -> Callable[[], object] | None:
        """Return what was to be called, held no longer; None where it was met or missed before."""
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
    """A deadline `seconds` from now: a timer of the event loop, where one runs in this thread."""
    deadline = Deadline(time.monotonic() + seconds, missed)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _watch_for(deadline)
    else:
        deadline.timer = loop.call_later(seconds, deadline._pass)
    return deadline


def _watch_for(deadline: Deadline) -> None:
    global _watch  # noqa: PLW0603 - one thread for the process
    with _changed:
        _pending.add(deadline)
        if _watch is None:
            _watch = threading.Thread(target=_look, name="deadlines", daemon=True)
            _watch.start()
        elif len(_pending) == 1:
            _changed.notify()


def _nothing() -> None:
    """What a deadline does that was met."""


def _look() -> None:
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
