"""The threads of this process that run tasks, and the runs that go on in it."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from mcp_api.conf import conf
from mcp_api.models import Task
from mcp_api.workers.threads import Job, Queue

if TYPE_CHECKING:
    from mcp_api.extensions.tasks.running import RunningTask


class Run(Protocol):
    """A run that goes on (mcp_api/extensions/tasks/exchange.py)."""

    running: "RunningTask | None"

    def stop(self) -> bool:
        """Stop the run, without an outcome. Return False if it has ended already."""

    def process_stops(self) -> None:
        """Conclude the run, or leave it to another process: this one ends soon."""


# Apart from the threads for calls: tasks may take long. One at least, for calls that begin in a request.
threads = Queue(max(1, conf.TASK_THREADS))
# Whether this process begins runs of tasks that wait.
takes_waiting = conf.TASK_THREADS > 0
# Set when there may be something to do (mcp_api/extensions/tasks/worker.py).
wake = threading.Event()

# Called with the number of runs in this process, whenever it changes (mcp_api/metrics.py).
observers: list[Callable[[int], object]] = []
# Called now and then with the numbers of tasks of all processes that do not run, by status.
idle_observers: list[Callable[[dict[str, int]], object]] = []

_lock = threading.Lock()
_runs: set[Run] = set()
_ended = threading.Condition(_lock)


def submit(person: int, target: str, octets: int, work: Callable[[], object]) -> Job:
    """Run `work` in a thread for tasks. Raises Busy."""
    return threads.submit(person, target, octets, work)


def began(run: Run) -> None:
    """Note a run, whose task the worker watches from now on."""
    with _lock:
        _runs.add(run)
        _report()
    wake.set()


def ended(run: Run) -> None:
    with _lock:
        _runs.discard(run)
        _report()
        _ended.notify_all()
    wake.set()


def resize(number: int) -> None:
    """Let this process run `number` tasks at a time. To be called before any runs."""
    global threads, takes_waiting
    threads, takes_waiting = Queue(number), True


def _report() -> None:
    for observer in observers:
        observer(len(_runs))


def runs() -> list[Run]:
    """Return the runs that go on in this process."""
    with _lock:
        return list(_runs)


def wait_for_end(run: Run) -> None:
    """Wait until `run` has ended."""
    with _lock:
        _ended.wait_for(lambda: run not in _runs)


def wait_for_all(seconds: float) -> None:
    """Wait until no run goes on, at most so many seconds."""
    with _lock:
        _ended.wait_for(lambda: not _runs, seconds)


def enqueue(task: Task) -> None:
    """Pass a waiting task to the backend of the setting TASK_BACKEND, once the transaction commits."""
    # Jobs are above this module: they run tasks.
    from mcp_api.extensions.tasks import jobs

    jobs.enqueue(task.pk)
