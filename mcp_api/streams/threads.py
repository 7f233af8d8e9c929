"""The threads that calls run in, and the queue in front of them: both bounded, in all and for each person.

One person runs calls in half of the threads at most. What waits is taken by turns, one call of each person, so that
nobody waits behind all that somebody else has sent.
"""

import logging
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.conf import settings
from django.db import close_old_connections

from mcp_api.errors import Busy

logger = logging.getLogger(__name__)

# Calls that wait for a thread in a process. A client makes about ten at once.
MOST_WAITING = 128
MOST_WAITING_OF_ONE = 32
# The messages of calls that wait, for a thread or for an answer: each may have 2.5 MB.
MOST_OCTETS = 64_000_000
MOST_OCTETS_OF_ONE = MOST_OCTETS // 2


class Octets:
    """The size of the messages that a process keeps for calls that do not run: in all, and of each person."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Counter[int] = Counter()

    def take(self, person: int, octets: int) -> None:
        """Count `octets` more. Raises Busy where there are too many."""
        with self._lock:
            if self._of[person] + octets > MOST_OCTETS_OF_ONE or self._of.total() + octets > MOST_OCTETS:
                raise Busy
            self._of[person] += octets

    def give_back(self, person: int, octets: int) -> None:
        with self._lock:
            self._of[person] -= octets
            if not self._of[person]:
                del self._of[person]

    def total(self) -> int:
        with self._lock:
            return self._of.total()


class Job:
    """A call's work for a thread: `person` is the key of whose call it is, `octets` the size of its message."""

    def __init__(self, queue: "Queue", person: int, octets: int, work: Callable[[], object]) -> None:
        self.person, self.octets = person, octets
        self.work: Callable[[], object] | None = work
        self.is_stuck = False
        self._queue = queue

    def cancel(self) -> bool:
        """Take the job out of the queue. Returns False where it was begun already."""
        return self._queue.remove(self)

    def give_up(self) -> None:
        """Count the thread as held by a call that was given up, until the job ends."""
        self._queue.give_up(self)


class Queue:
    """The jobs of a process: those that wait, by person, and how many run."""

    def __init__(self, threads: int) -> None:
        self.threads, self.share = threads, max(1, threads // 2)
        # Threads are started as they are needed, and kept with their connections to the database.
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="tool")
        self._lock = threading.Lock()
        # The person whose turn is next comes first.
        self._waiting: OrderedDict[int, deque[Job]] = OrderedDict()
        self._running: dict[Job, int] = {}

    def submit(self, person: int, octets: int, work: Callable[[], object]) -> Job:
        """Run `work` in a thread, as soon as it is its turn. Raises Busy where too much waits, or where each thread
        that there is for the person is held by a call beyond its time.
        """
        job = Job(self, person, octets, work)
        with self._lock:
            if self._is_stuck(person) or self._is_full(person):
                raise Busy
            held.take(person, octets)
            self._waiting.setdefault(person, deque()).append(job)
            self._start_next()
        return job

    def remove(self, job: Job) -> bool:
        with self._lock:
            if job not in self._waiting.get(job.person, ()):
                return False
            self._take_out(job)
            job.work = None
        return True

    def give_up(self, job: Job) -> None:
        with self._lock:
            if job in self._running:
                job.is_stuck = True
            stuck = sum(each.is_stuck for each in self._running)
        logger.warning("%s of %s threads are held by calls that were given up", stuck, self.threads)

    def waiting(self) -> int:
        with self._lock:
            return sum(map(len, self._waiting.values()))

    def _is_stuck(self, person: int) -> bool:
        stuck = Counter(job.person for job in self._running if job.is_stuck)
        return stuck.total() >= self.threads or stuck[person] >= self.share

    def _is_full(self, person: int) -> bool:
        own = len(self._waiting.get(person, ()))
        return own >= MOST_WAITING_OF_ONE or sum(map(len, self._waiting.values())) >= MOST_WAITING

    def _start_next(self) -> None:
        """Start what may run now, by turns. To be called with the lock."""
        while len(self._running) < self.threads:
            own = Counter(self._running.values())
            person = next((each for each in self._waiting if own[each] < self.share), None)
            if person is None:
                return
            job = self._waiting[person][0]
            self._waiting.move_to_end(person)
            self._take_out(job)
            self._running[job] = person
            self._pool.submit(self._run, job)

    def _take_out(self, job: Job) -> None:
        self._waiting[job.person].remove(job)
        if not self._waiting[job.person]:
            del self._waiting[job.person]
        held.give_back(job.person, job.octets)

    def _run(self, job: Job) -> None:
        work, job.work = job.work, None
        try:
            with own_connections():
                if work is not None:
                    work()
        except BaseException:
            logger.exception("a thread's work failed")
        finally:
            # What the call held is free before the next one begins.
            del work
            with self._lock:
                del self._running[job]
                self._start_next()


@contextmanager
def own_connections() -> Iterator[None]:
    """What a thread's work asks the database goes over connections that are good, and are given back afterwards."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


def octets_of(request: object) -> int:
    """The size of the body that came with an HttpRequest."""
    declared = getattr(request, "META", {}).get("CONTENT_LENGTH") or "0"
    read = getattr(request, "_body", b"")
    return max(len(read), int(declared) if str(declared).isdecimal() else 0)


held = Octets()
_queue = Queue(settings.TOOL_THREADS)


def submit(person: int, octets: int, work: Callable[[], object]) -> Job | None:
    """Run `work` in a thread of this process, as Queue.submit does. Raises Busy.

    Returns None where it has run already, as in tests (mcp_api/testing.py).
    """
    return _queue.submit(person, octets, work)
