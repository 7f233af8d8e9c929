"""The threads that calls run in, and the queue in front of them: both bounded, in all, for each person and tool.

One tool of a person may have as many threads as are left: half of all, then a quarter, and so on. So slow calls leave
threads to quick ones, of the same person and of others. What waits is taken by turns, one call of each person, and of a
person one of each tool.
"""

import logging
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from accounts.counters import decrement
from mcp_api.conf import conf
from mcp_api.db.own_connections import own_connections
from mcp_api.errors import Busy

logger = logging.getLogger(__name__)

# Calls that wait for a thread in a process. Each is a request that is held, and a message (below).
MOST_WAITING = 1024
MOST_WAITING_OF_ONE = 256
# Of a person, whatever the number of tools: so much of what others leave.
MOST_OF_ONE = 3 / 4
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

    def release(self, person: int, octets: int) -> None:
        with self._lock:
            decrement(self._of, person, octets)

    def total(self) -> int:
        with self._lock:
            return self._of.total()


class Job:
    """A call's work for a thread: `person` is the key of whose call it is, `target` says what it runs (such as which
    tool), `octets` is the size of its message.
    """

    def __init__(self, queue: "Queue", person: int, target: str, octets: int, work: Callable[[], object]) -> None:
        self.person, self.target, self.octets = person, target, octets
        self.work: Callable[[], object] | None = work
        self.is_stuck = False
        self._queue = queue

    def cancel(self) -> bool:
        """Take the job out of the queue. Returns False where it was begun already."""
        return self._queue.remove(self)

    def give_up(self) -> None:
        """Count the thread as held by a call that was given up, until the job ends."""
        self._queue.give_up(self)


class Shares:
    """Jobs that have a thread, counted: in all, by person, and by target of a person."""

    def __init__(self, threads: int, jobs: Iterable[Job] = ()) -> None:
        self.threads, self.total = threads, 0
        self._of_person: Counter[int] = Counter()
        self._of_target: Counter[tuple[int, str]] = Counter()
        for each in jobs:
            self.add(each)

    def add(self, job: Job) -> None:
        self.total += 1
        self._of_person[job.person] += 1
        self._of_target[job.person, job.target] += 1

    def remove(self, job: Job) -> None:
        self.total -= 1
        decrement(self._of_person, job.person)
        decrement(self._of_target, (job.person, job.target))

    def allow(self, person: int, target: str) -> bool:
        """Whether one more may have a thread."""
        free, own = self.threads - self.total, self._of_person[person]
        most = max(1, int((free + own) * MOST_OF_ONE))
        return self._of_target[person, target] < free and own < most


class Queue:
    """The jobs of a process: those that wait, by person and target, and those that run."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        # Threads are started as they are needed.
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="tool")
        self._lock = threading.Lock()
        # The person whose turn is next comes first, and of each the target.
        self._waiting: OrderedDict[int, OrderedDict[str, deque[Job]]] = OrderedDict()
        self._number_waiting: Counter[int] = Counter()
        self._running: set[Job] = set()
        self._shares = Shares(threads)

    def submit(self, person: int, target: str, octets: int, work: Callable[[], object]) -> Job:
        """Run `work` in a thread, as soon as it is its turn. Raises Busy where too much waits, or where each thread
        that there is for it is held by a call beyond its time.
        """
        job = Job(self, person, target, octets, work)
        with self._lock:
            if self._is_stuck(job) or self._is_full(person):
                raise Busy
            held.take(person, octets)
            self._waiting.setdefault(person, OrderedDict()).setdefault(target, deque()).append(job)
            self._number_waiting[person] += 1
            self._start_next()
        return job

    def remove(self, job: Job) -> bool:
        with self._lock:
            targets = self._waiting.get(job.person)
            if targets is None or job not in targets.get(job.target, ()):
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
            return self._number_waiting.total()

    def _is_stuck(self, job: Job) -> bool:
        """Whether those that were given up alone leave it no thread."""
        stuck = [each for each in self._running if each.is_stuck]
        return bool(stuck) and not Shares(self.threads, stuck).allow(job.person, job.target)

    def _is_full(self, person: int) -> bool:
        """Whether the person has all places of the queue that one may have, or as many as are left."""
        left = MOST_WAITING - self._number_waiting.total()
        return self._number_waiting[person] >= min(MOST_WAITING_OF_ONE, left)

    def _start_next(self) -> None:
        """Start what may run now, by turns. To be called with the lock."""
        while (job := self._next()) is not None:
            self._waiting.move_to_end(job.person)
            self._waiting[job.person].move_to_end(job.target)
            self._take_out(job)
            self._running.add(job)
            self._shares.add(job)
            self._pool.submit(self._run, job)

    def _next(self) -> Job | None:
        if self._shares.total >= self.threads:
            return None
        allowed = (
            jobs[0]
            for person, targets in self._waiting.items()
            for target, jobs in targets.items()
            if self._shares.allow(person, target)
        )
        return next(allowed, None)

    def _take_out(self, job: Job) -> None:
        targets = self._waiting[job.person]
        targets[job.target].remove(job)
        if not targets[job.target]:
            del targets[job.target]
        if not targets:
            del self._waiting[job.person]
        decrement(self._number_waiting, job.person)
        held.release(job.person, job.octets)

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
                self._running.discard(job)
                self._shares.remove(job)
                self._start_next()


held = Octets()
_queue = Queue(conf.TOOL_THREADS)


def submit(person: int, target: str, octets: int, work: Callable[[], object]) -> Job | None:
    """Run `work` in a thread of this process, as Queue.submit does. Raises Busy.

    Returns None where it has run already, as in tests (mcp_api/testing.py).
    """
    return _queue.submit(person, target, octets, work)
