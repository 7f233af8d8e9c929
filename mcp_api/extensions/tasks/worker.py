"""The thread of a process that begins runs of waiting tasks, and watches those that go on.

Every second it confirms the leases of the runs in this process, and stops those whose task was cancelled or whose
authorization was revoked. It also ends the lost runs of processes that were killed, and deletes expired tasks.
"""

import logging
import threading
import time
from typing import Any

from django.urls import set_script_prefix
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends

from accounts.audit import events
from accounts.db.errors import UNAVAILABLE
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.http.address import prefix
from accounts.models import Event
from mcp_api.calls import audit
from mcp_api.db.own_connections import own_connections
from mcp_api.errors import Busy
from mcp_api.extensions.tasks import pool, store
from mcp_api.extensions.tasks.backend import ServerProcesses
from mcp_api.extensions.tasks.calls import Unreadable, call_of
from mcp_api.extensions.tasks.exchange import QueuedExchange
from mcp_api.extensions.tasks.running import RunningTask
from mcp_api.models import Task
from mcp_api.registry import tools as registry
from mcp_api.streams import open_streams

logger = logging.getLogger(__name__)

WATCH_SECONDS = 1.0
RESCUE_SECONDS = 5.0
TIDY_SECONDS = 60.0
# Tasks that one look begins or passes over.
MOST_CONSIDERED = 50
IDLE = (Task.Status.WAITING, Task.Status.INPUT_REQUIRED)
NO_TOOL = "This server does not have the tool any more."

_lock = threading.Lock()
_thread: threading.Thread | None = None
_last: dict[str, float] = {}


def start() -> None:
    """Start the thread of this process, unless it runs."""
    global _thread  # noqa: PLW0603 - one thread for each process
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_work, name="tasks", daemon=True)
            _thread.start()


def is_offered() -> bool:
    """Return whether any tool may become a task."""
    return any(tool.task is not None for tool in registry.tools.values())


def start_if_offered() -> None:
    """Start the thread of a server's process if any tool may become a task: some may wait since before its start."""
    if is_offered():
        start()


def look_now() -> None:
    """Look for waiting tasks, and for cancelled ones, without delay."""
    start()
    pool.wake.set()


def rescue(**which: Any) -> None:
    """End the lost runs of processes that were killed. Tasks of idempotent tools wait for another run."""
    repeatable = [tool.name for tool in registry.tools.values() if tool.annotations["idempotentHint"]]
    store.rescue(repeatable, **which)


def cancel(*, reason: str, **which: Any) -> bool:
    """Cancel the tasks that have not ended, and stop their runs: here at once, elsewhere within two seconds.

    Return whether there were any.
    """
    cancelled = store.cancel(reason=reason, **which)
    if cancelled:
        look_now()
    return cancelled


def run(task_id: str) -> None:
    """Run a waiting task, in a thread of this process, and wait for its end. Do nothing if it does not wait."""
    start()
    task = store.claim(task_id)
    if task is not None and (begun := _begin(task)) is not None:
        pool.wait_for_end(begun)


# --- The thread --------------------------------------------------------------------------------------


def _work() -> None:
    # For addresses in the results of tools, as in a request (mcp_api/transport/application.py).
    set_script_prefix(f"{prefix()}/")
    while True:
        pool.wake.wait(WATCH_SECONDS)
        pool.wake.clear()
        try:
            with own_connections(), brief_wait():
                _look()
        except WriterBusy:
            # A tool holds the lock of SQLite: later.
            logger.debug("tasks wait for the lock of the database")
        except UNAVAILABLE:
            if _is_due("warning", TIDY_SECONDS):
                logger.warning("tasks cannot be looked after: the database is unavailable")
        except Exception:
            if _is_due("warning", TIDY_SECONDS):
                logger.exception("tasks cannot be looked after")


def _look() -> None:
    _watch()
    store.cancel_revoked(store.idle())
    if _claims():
        _begin_waiting()
    if _is_due("rescue", RESCUE_SECONDS):
        rescue()
        _report_idle()
    if _is_due("tidy", TIDY_SECONDS):
        store.expired().delete()
        _enqueue_again()


def _report_idle() -> None:
    """Tell the observers how many tasks wait for a run, and how many for answers."""
    if pool.idle_observers:
        numbers = {str(status): Task.objects.filter(status=status).count() for status in IDLE}
        for observer in pool.idle_observers:
            observer(numbers)


def _claims() -> bool:
    """Return whether this process takes waiting tasks by itself: it has threads for them, and does not stop."""
    return pool.takes_waiting and is_default_backend() and open_streams.is_serving()


def is_default_backend() -> bool:
    """Return whether the server's own processes run tasks, rather than the workers of another backend."""
    return isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], ServerProcesses)


def _is_due(what: str, seconds: float) -> bool:
    now = time.monotonic()
    if now - _last.get(what, 0.0) < seconds:
        return False
    _last[what] = now
    return True


def _watch() -> None:
    """Confirm the leases of the runs here, store their progress, and stop those that are not to go on."""
    runs = {run.running.run: run for run in pool.runs() if run.running is not None}
    if not runs:
        return
    going = store.extend_leases(list(runs))
    for key, each in runs.items():
        assert each.running is not None
        if key in going:
            each.running.write_progress()
        elif each.stop():
            _record_stop(each.running)
            # Of a revoked authorization. Any other was ended by what changed its row.
            store.cancel(reason=store.REVOKED, run=key, status=Task.Status.WORKING)


def _record_stop(running: RunningTask) -> None:
    detail = f"Task {running.task_id}"
    failed, started = Event.Outcome.FAILED, running.started
    fields = audit.fields_of(running.call, failed, started, reason="cancelled", detail=detail)
    events.record(Event.Kind.MCP, **fields)


def _begin_waiting() -> None:
    """Begin runs of waiting tasks while there are threads for them, the oldest first.

    Tasks of a person and tool that have their share of the threads do not keep those of others waiting.
    """
    without_room: set[tuple[int, str]] = set()
    for _ in range(MOST_CONSIDERED):
        found = None if pool.threads.is_full else store.waiting(without_room).first()
        if found is None:
            return
        task_id, user_id, tool = found
        if not pool.threads.has_room(user_id, f"tool {tool}"):
            without_room.add((user_id, tool))
        elif (task := store.claim(task_id)) is not None:
            _begin(task)


def _begin(task: Task) -> QueuedExchange | None:
    """Begin a run of `task`, which this process has claimed. None if it cannot run any more."""
    if registry.find(task.tool) is None:
        store.fail(task.run, NO_TOOL)
        return None
    try:
        call = call_of(task)
    except Unreadable as error:
        store.fail(task.run, str(error))
        return None
    if call is None:
        store.cancel(reason=store.REVOKED, pk=task.pk)
        return None
    exchange = QueuedExchange(call, task)
    try:
        exchange.start()
    except Busy:
        pool.ended(exchange)
        store.release(task.run)
        return None
    return exchange


def _enqueue_again() -> None:
    """Pass tasks that have waited for long to another backend once more: it may have lost them."""
    if not is_default_backend():
        for task_id in store.waiting_for_long()[:MOST_CONSIDERED]:
            pool.enqueue(Task(pk=task_id))
