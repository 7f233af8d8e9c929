"""The exchange of a call that becomes a task if it takes longer than a moment, and that of a later run of a task."""

import asyncio
import logging
import threading
from functools import partial

from django.db import OperationalError, close_old_connections
from django.http import HttpRequest

from accounts.background import run_in_background
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.models import Event
from mcp_api.calls.call import Call
from mcp_api.calls.channel import Message
from mcp_api.calls.incoming import Incoming
from mcp_api.db.own_connections import own_connections
from mcp_api.errors import Busy, McpError
from mcp_api.execution.conclusion import Conclusion, event_of, process_stopped
from mcp_api.execution.exchange import Exchange
from mcp_api.execution.first_outcome import OutcomeReceiver
from mcp_api.execution.thread_attempts import ThreadAttempts
from mcp_api.extensions.tasks import pool, store
from mcp_api.extensions.tasks.running import RunningTask
from mcp_api.extensions.tasks.wire import summary_of
from mcp_api.methods.table import wire_result
from mcp_api.models import Task
from mcp_api.registry import targets
from mcp_api.registry.tools import Tool
from mcp_api.streams import running_calls
from mcp_api.streams.sse import End
from mcp_api.workers import deadlines

logger = logging.getLogger(__name__)

# SQLite lets no task be created while a tool holds its lock.
RETRY_SECONDS = 1.0


class TaskExchange(Exchange):
    """A call of a tool. After a moment its client gets a task, and the call goes on without the request."""

    def __init__(self, incoming: Incoming, call: Call, *, may_stream: bool = True) -> None:
        super().__init__(incoming, call, may_stream=may_stream)
        tool = targets.find(call.request)
        assert isinstance(tool, Tool)
        self.tool, self.seconds = tool, tool.task_timeout
        self.attempts = ThreadAttempts(pool.submit)
        self.running: RunningTask | None = None
        self._is_over, self._has_begun = False, True
        # Whether it becomes a task is decided once, while the tool may end. Never held during a query.
        self._becoming = threading.Lock()
        self._moment: deadlines.Deadline | None = None

    def start(self, receiver: OutcomeReceiver | None = None) -> None:
        seconds = self.tool.task_after
        try:
            super().start(receiver)
        except Busy:
            # A task can wait for a thread, of this process or another.
            self._has_begun, seconds = False, 0.0
        self._moment = deadlines.begin(seconds, self._become_task_in_context)

    def finish(self, conclusion: Conclusion) -> None:
        """Send the conclusion to the request, or store it if the call has become a task."""
        with self._becoming:
            self._is_over = True
            running = self.running
        if self._moment is not None:
            self._moment.met()
        if running is None:
            super().finish(conclusion)
            return
        running_calls.discard(self)
        if is_event_loop():
            run_in_background(lambda: self._store(running, conclusion))
        else:
            self._store(running, conclusion)

    def _store(self, running: RunningTask, conclusion: Conclusion) -> None:
        try:
            running.conclude(conclusion)
        finally:
            # Otherwise its lease would be extended for ever.
            pool.ended(self)

    # --- After a moment ------------------------------------------------------------------------------

    def _become_task_in_context(self) -> None:
        with own_connections():
            self.context.copy().run(self.become_task)

    def become_task(self) -> None:
        """Create the task, and conclude the request with it. A person with too many tasks gets an ordinary call."""
        if self._is_over or self.call.channel.cancelled:
            return
        try:
            with brief_wait():
                task = store.create(self.call, self.tool, runs_here=self._has_begun)
        except McpError as refused:
            logger.info("a call does not become a task: %s", refused)
            if not self._has_begun:
                super().finish(Conclusion(error=refused))
            return
        except (OperationalError, WriterBusy):
            self._moment = deadlines.begin(RETRY_SECONDS, self._become_task_in_context)
            return
        if self._take(task):
            detail = f"Task {task.pk}"
            event = event_of(self.call, Event.Outcome.OK, self._started, reason="task_created", detail=detail)
            result = wire_result(self.call, {"resultType": "task", **summary_of(task)})
            super().finish(Conclusion(result, event=event))
            self._go_on()
        else:
            task.delete()

    def _take(self, task: Task) -> bool:
        """Let the call go on as `task`. Return False if the tool has ended meanwhile."""
        running = RunningTask(task, self.call, self._started)
        with self._becoming:
            if self._is_over:
                return False
            if self._has_begun and not self.attempts.cancel():
                self.running = running if running.attach() else None
                return self.running is not None
            # It still waits for a thread: any process may run it.
            self._is_over = True
        if self._deadline is not None:
            self._deadline.met()
        if self._has_begun:
            store.release(task.run)
        pool.enqueue(task)
        return True

    def _go_on(self) -> None:
        """Watch the run, from now on for the task alone."""
        if self.running is not None:
            running_calls.add(self)
            pool.began(self)

    # --- Once it is a task ---------------------------------------------------------------------------

    @property
    def is_task(self) -> bool:
        with self._becoming:
            return self.running is not None

    def confirmed(self, conclusion: Conclusion) -> Conclusion:
        """The token may have expired: the task lasts as long as its authorization (see store.finish)."""
        return conclusion if self.is_task else super().confirmed(conclusion)

    def send(self, message: Message) -> None:
        if not self.is_task:
            super().send(message)

    def client_disconnected(self) -> None:
        if not self.is_task:
            super().client_disconnected()
            return
        with self._lock:
            self._is_closed = True
        if self._queue is not None:
            self._queue.close()

    def token_ended(self) -> None:
        if not self.is_task:
            super().token_ended()
        elif self._queue is not None:
            self._queue.put_first(End())

    def process_stops(self) -> None:
        """Leave the task to another process if its tool may be repeated. If not, conclude it."""
        running = self.running
        if running is None or not self.tool.annotations["idempotentHint"]:
            self._give_up(partial(process_stopped, self.call, self._started))
        elif self.stop():
            store.release(running.run)
            close_old_connections()

    def stop(self) -> bool:
        """Stop the run, without an outcome. Return False if it has ended already."""
        with self._becoming:
            has_ended = self._is_over
        if has_ended or not self.call.channel.expire():
            return False
        self.attempts.revoke()
        running_calls.discard(self)
        pool.ended(self)
        return True


class QueuedExchange(TaskExchange):
    """A run of a task that no request waits for."""

    def __init__(self, call: Call, task: Task) -> None:
        super().__init__(_no_request(task), call, may_stream=False)
        self.running = RunningTask(task, call, self._started)
        self.running.attach()

    def start(self, receiver: OutcomeReceiver | None = None) -> None:
        pool.began(self)
        Exchange.start(self, receiver)

    @property
    def must_readmit(self) -> bool:
        return False

    def admitted(self) -> Call:
        """Return the call, whose principal was read just before."""
        return self.call


def is_event_loop() -> bool:
    """Return whether this thread runs an event loop, which no query may block."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _no_request(task: Task) -> Incoming:
    return Incoming(method="POST", headers={}, body=None, address=task.address, make_request=HttpRequest)
