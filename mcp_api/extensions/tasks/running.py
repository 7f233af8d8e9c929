"""A run of a task in this process: where its progress, its questions and its outcome are stored."""

import logging
from typing import Any

from django.db import close_old_connections, connection

from accounts.db.errors import UNAVAILABLE
from mcp_api.calls.call import Call
from mcp_api.errors import Cancelled, InvalidAnswer, McpError
from mcp_api.execution import request_state
from mcp_api.execution.conclusion import Conclusion
from mcp_api.extensions.tasks import pool, store
from mcp_api.extensions.tasks.calls import request_of
from mcp_api.models import Task
from mcp_api.protocol.replies import failure_message

logger = logging.getLogger(__name__)

# Rounds of questions of one task.
MOST_ROUNDS = 50
TOO_MANY_ROUNDS = f"The tool asked more than {MOST_ROUNDS} times."

Progress = tuple[float, float | None, str | None]


class RunningTask:
    """The current run of `task`, whose tool is called by `call` since `started` (time.monotonic())."""

    def __init__(self, task: Task, call: Call, started: float) -> None:
        self.task_id, self.run, self.rounds, self.call, self.started = task.pk, task.run, task.rounds, call, started
        self._is_kept = False
        self._progress: Progress | None = None

    def attach(self) -> bool:
        """Let the call go on as the task. Return False if its result is final already."""
        self.call.channel.event_fields = {"detail": f"Task {self.task_id}"}
        return self.call.channel.detach(self.keep_result, self.keep_progress)

    # --- In the thread or task of the tool -------------------------------------------------------

    def keep_progress(self, done: float, total: float | None, message: str | None) -> None:
        """Note progress, which `write_progress` stores: a tool may report it many times a second."""
        self._progress = done, total, message

    def keep_result(self, result: dict[str, Any]) -> None:
        """Store the result, in the transaction of the tool. Raises Cancelled if the run is not the current one."""
        if not store.finish(self.run, Task.Status.COMPLETED, {"result": result}):
            raise Cancelled
        self._is_kept = True

    def conclude(self, conclusion: Conclusion) -> None:
        """Store what `keep_result` has not stored: questions, or an error. Write the event of the run."""
        if conclusion.event is not None and not conclusion.event.detail:
            conclusion.event.detail = f"Task {self.task_id}"
        conclusion = conclusion.recorded()
        try:
            self._conclude(conclusion)
            # Nothing is stored for an authorization that was revoked meanwhile.
            store.cancel_revoked(Task.objects.filter(run=self.run, status=Task.Status.WORKING))
        except UNAVAILABLE:
            # The lease ends, and with it the run.
            logger.exception("the outcome of task %s could not be stored", self.task_id)
        finally:
            # A transaction around all this is that of a test, in whose thread the task runs.
            if not connection.in_atomic_block:
                close_old_connections()

    def _conclude(self, conclusion: Conclusion) -> None:
        error, result = conclusion.error, conclusion.result or {}
        if isinstance(error, Cancelled) or (error is None and self._is_kept):
            return
        if isinstance(error, InvalidAnswer) and self.rounds < MOST_ROUNDS:
            self._ask_again(error)
        elif result.get("resultType") == "input_required":
            self._ask()
        elif error is None:
            self._finish(result)
        else:
            told = failure_message(self.call.request, error)["error"]
            store.finish(self.run, Task.Status.FAILED, {"error": told}, message=told["message"])

    def _finish(self, result: dict[str, Any]) -> None:
        """Store a result that is an error of the tool, or of one that had no transaction."""
        try:
            store.finish(self.run, Task.Status.COMPLETED, {"result": result})
        except McpError as error:
            store.fail(self.run, str(error))

    # --- Questions -----------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Store the questions, each under a key that the task never used before."""
        if self.rounds >= MOST_ROUNDS:
            store.fail(self.run, TOO_MANY_ROUNDS)
            return
        questions = {
            f"{key}.{self.rounds + 1}": {"key": key, "digest": question.digest, "request": question.as_request()}
            for key, question in self.call.channel.unanswered.items()
        }
        self._spend_state()
        store.ask(self.run, questions, request_of(self.call))

    def _ask_again(self, error: InvalidAnswer) -> None:
        """Forget an answer that does not fit, and run the tool again, which asks for it once more."""
        self.call.channel.answers.pop(error.key, None)
        if store.repeat(self.run, request_of(self.call), error.message):
            pool.wake.set()

    def _spend_state(self) -> None:
        """Mark the state with which the call came as used: its attempt, which did so too, was rolled back."""
        if self.call.state is not None:
            request_state.use_once(self.call.state)

    # --- In the worker -------------------------------------------------------------------------------

    def write_progress(self) -> None:
        """Store the last progress that the tool reported, if it did since the last time."""
        progress, self._progress = self._progress, None
        if progress is not None:
            store.note_progress(self.run, *progress)
