"""The messages of tasks on the wire (ext-tasks, specification/draft/tasks.md)."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.utils import timezone
from mcp_types.jsonrpc import INTERNAL_ERROR
from pydantic import Field

from mcp_api.extensions.extension import Result, Wire
from mcp_api.extensions.tasks.calls import Unreadable, unseal
from mcp_api.models import Task
from mcp_api.pubsub import broker

Status = Literal["working", "input_required", "completed", "failed", "cancelled"]

# A new task is soon asked again, an older one less often. In milliseconds.
POLL_MS, LATER_POLL_MS = 1_000, 5_000
NEW = timedelta(seconds=30)


class TaskParams(Wire):
    """Parameters of `tasks/get` and `tasks/cancel`."""

    task_id: str = Field(max_length=100)


class UpdateParams(TaskParams):
    """Parameters of `tasks/update`."""

    input_responses: dict[str, dict[str, Any]]


class TaskResult(Result):
    """CreateTaskResult, and what all states of a task have."""

    task_id: str
    status: Status
    status_message: str | None = None
    created_at: str
    last_updated_at: str
    ttl_ms: int
    poll_interval_ms: int


class DetailedTask(TaskResult):
    """GetTaskResult, and the parameters of `notifications/tasks`."""

    input_requests: dict[str, dict[str, Any]] | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


def summary_of(task: Task) -> dict[str, Any]:
    """Return the members that all states of a task have."""
    is_waiting = task.status == Task.Status.WAITING
    is_new = timezone.now() - task.created_at < NEW
    return {
        "taskId": str(task.pk),
        "status": Task.Status.WORKING.value if is_waiting else task.status,
        **({"statusMessage": message} if (message := status_message(task)) else {}),
        "createdAt": _iso(task.created_at),
        "lastUpdatedAt": _iso(task.updated_at),
        "ttlMs": round((task.expires_at - task.created_at) / timedelta(milliseconds=1)),
        "pollIntervalMs": POLL_MS if is_new else LATER_POLL_MS,
    }


def details_of(task: Task) -> dict[str, Any]:
    """Return the state of a task: with its questions, its result or its error."""
    state = summary_of(task)
    try:
        questions, outcome = unseal(task.questions), unseal(task.outcome)
    except Unreadable as error:
        told = {"code": INTERNAL_ERROR, "message": str(error)}
        return {**state, "status": Task.Status.FAILED.value, "statusMessage": str(error), "error": told}
    if task.status == Task.Status.INPUT_REQUIRED:
        return {**state, "inputRequests": {key: question["request"] for key, question in questions.items()}}
    return {**state, **outcome}


def status_message(task: Task) -> str:
    """Return what the tool last reported, or how far it is."""
    if task.message or task.progress is None or task.status != Task.Status.WORKING:
        return task.message
    total = f" of {task.total:g}" if task.total is not None else ""
    return f"{task.progress:g}{total}"


def topic(task_id: object) -> str:
    """Return the topic of the messages between processes about a task."""
    return f"task:{task_id}"


def announce(task_id: object) -> None:
    """Tell every process that the state of a task has changed, once the transaction commits."""
    broker.post(topic(task_id), method="notifications/tasks", params={"taskId": str(task_id)})


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
