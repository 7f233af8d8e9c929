"""The threads that calls run in, and their queue: bounded in all, for each person and for each tool.

The calls of a person to one tool may have as many threads as remain free: half of all, then a quarter, and so on. So
slow calls leave threads for quick ones, of the same person and of others. Waiting calls start in turn (round robin): by
person, and then by tool.
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

# Calls that wait for a thread in a process. Each keeps a request open, and its message in memory.
MOST_WAITING = 1024
MOST_WAITING_OF_ONE = 256
# The share of one person, over all tools, of the threads that others leave free.
MOST_OF_ONE = 3 / 4
# The total size of the messages of calls that wait for a thread or for an answer. One message has at most 2.5 MB.
MOST_OCTETS = 64_000_000
MOST_OCTETS_OF_ONE = MOST_OCTETS // 2


class Octets:
    """The total size of the messages of waiting calls in a process: of all, and of each person."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_person: Counter[int] = Counter()

    def take(self, person: int, octets: int) -> None:
        """Add `octets`. Raises Busy above a limit."""
        with self._lock:
            if self._by_person[person] + octets > MOST_OCTETS_OF_ONE or self._by_person.total() + octets > MOST_OCTETS:
                raise Busy
            self._by_person[person] += octets

    def release(self, person: int, octets: int) -> None:
        with self._lock:
            decrement(self._by_person, person, octets)

    def total(self) -> int:
        with self._lock:
            return self._by_person.total()


class Job:
    """The work of a call, for a thread.

    `person` is the key of the person who calls, `target` names the tool (or prompt, or resource), `octets` is the size
    of the call's message.
    """

    def __init__(self, queue: "Queue", person: int, target: str, octets: int, work: Callable[[], object]) -> None:
        self.person, self.target, self.octets = person, target, octets
        self.work: Callable[[], object] | None = work
        self.is_stuck = False
        self._queue = queue

    def cancel(self) -> bool:
        """Remove the job from the queue. Return False if it has started already."""
        return self._queue.remove(self)

    def give_up(self) -> None:
        """Count the job's thread as stuck in a call that has been given up, until the job ends."""
        self._queue.give_up(self)


class Shares:
    """Numbers of running jobs: in all, by person, and by person and target."""

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
        """Return whether one more job may start."""
        free, own = self.threads - self.total, self._of_person[person]
        most = max(1, int((free + own) * MOST_OF_ONE))
        return self._of_target[person, target] < free and own < most


class Queue:
    """The jobs of a process: waiting ones, by person and target, and running ones."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        # It starts threads on demand.
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="tool")
        self._lock = threading.Lock()
        # In the order of their turns: the first person is next, and of each person the first target.
        self._waiting: OrderedDict[int, OrderedDict[str, deque[Job]]] = OrderedDict()
        self._number_waiting: Counter[int] = Counter()
        self._running: set[Job] = set()
        self._shares = Shares(threads)

    def submit(self, person: int, target: str, octets: int, work: Callable[[], object]) -> Job:
        """Run `work` in a thread, in its turn. Raises Busy if the queue is full, or if every thread that the job could
        have is stuck in a call that has been given up.
        """
        job = Job(self, person, target, octets, work)
        with self._lock:
            if self._is_stuck(job) or self._is_full(person):
                raise Busy
            waiting_octets.take(person, octets)
            self._waiting.setdefault(person, OrderedDict()).setdefault(target, deque()).append(job)
            self._number_waiting[person] += 1
            self._start_next()
        return job

    @property
    def is_full(self) -> bool:
        """Return whether every thread has a job."""
        with self._lock:
            return self._shares.total >= self.threads

    def has_room(self, person: int, target: str) -> bool:
        """Return whether a job of this person and target would start at once."""
        with self._lock:
            return self._shares.total < self.threads and self._shares.allow(person, target)

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
        logger.warning("%s of %s threads are stuck in calls that were given up", stuck, self.threads)

    def waiting(self) -> int:
        with self._lock:
            return self._number_waiting.total()

    def _is_stuck(self, job: Job) -> bool:
        """Return whether the stuck threads alone leave none for the job."""
        stuck = [each for each in self._running if each.is_stuck]
        return bool(stuck) and not Shares(self.threads, stuck).allow(job.person, job.target)

    def _is_full(self, person: int) -> bool:
        """Return whether the person has as many waiting jobs as one may have, or as many as there are places left."""
        left = MOST_WAITING - self._number_waiting.total()
        return self._number_waiting[person] >= min(MOST_WAITING_OF_ONE, left)

    def _start_next(self) -> None:
        """Start the jobs that may run now, in turn. The caller has the lock."""
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
        waiting_octets.release(job.person, job.octets)

    def _run(self, job: Job) -> None:
        work, job.work = job.work, None
        try:
            with own_connections():
                if work is not None:
                    work()
        except BaseException:
            logger.exception("a job of a worker thread failed")
        finally:
            # Free the call's memory before the next job starts.
            del work
            with self._lock:
                self._running.discard(job)
                self._shares.remove(job)
                self._start_next()


waiting_octets = Octets()
_queue = Queue(conf.TOOL_THREADS)


def submit(person: int, target: str, octets: int, work: Callable[[], object]) -> Job | None:
    """Run `work` in a thread of this process (Queue.submit). Raises Busy.

    Return None if it has run already, as in tests (mcp_api/testing).
    """
    return _queue.submit(person, target, octets, work)
