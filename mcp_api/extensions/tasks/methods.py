"""`tasks/get`, `tasks/update` and `tasks/cancel`. Each is answered by any process, from the row."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.errors import McpError
from mcp_api.extensions.tasks import lookup, pool, worker
from mcp_api.extensions.tasks.calls import Unreadable, seal, unseal
from mcp_api.extensions.tasks.wire import announce, details_of
from mcp_api.models import Task

# Of a request and the answers so far, encrypted.
MOST_CHARACTERS = 10_000_000
CANCELLED = "The client cancelled it."


def get(call: Call) -> dict[str, Any]:
    """Return the state of a task. Raises McpError for one that this client and person does not have."""
    return details_of(_found(call))


def update(call: Call) -> dict[str, Any]:
    """Add answers. Those to questions that are not open are ignored; with the last one, the tool runs again."""
    task = _found(call)
    call.channel.event_fields = {"detail": f"Task {task.pk}"}
    responses = call.request.params["inputResponses"]
    with transaction.atomic():
        # SQLite needs no lock on the row: its transactions are immediate.
        current = Task.objects.select_for_update().filter(pk=task.pk).first()
        is_asking = current is not None and current.status == Task.Status.INPUT_REQUIRED
        if current is not None and is_asking and _add_answers(current, responses):
            pool.enqueue(current)
    return {}


def cancel(call: Call) -> dict[str, Any]:
    """Cancel a task that has not ended. The run of its tool ends within two seconds, and its writes are rolled back."""
    task = _found(call)
    call.channel.event_fields = {"detail": f"Task {task.pk}"}
    worker.cancel(reason=CANCELLED, pk=task.pk)
    return {}


def _found(call: Call) -> Task:
    task_id = call.request.params["taskId"]
    task = lookup.of(call.principal, task_id)
    if task.status == Task.Status.WORKING and task.lease_until and task.lease_until < timezone.now():
        worker.rescue(pk=task.pk)
        task = lookup.of(call.principal, task_id)
    return task


def _add_answers(task: Task, responses: dict[str, Any]) -> bool:
    """Store the answers to open questions. Return whether all are answered now, so that the task waits for a run."""
    try:
        questions, request = unseal(task.questions), unseal(task.request)
    except Unreadable as error:
        raise McpError(INVALID_PARAMS, str(error)) from error
    answered = [key for key in responses if key in questions]
    if not answered:
        return False
    if len(task.request) > MOST_CHARACTERS:
        raise McpError(INVALID_PARAMS, "The answers to this task are too large in all.")
    for key in answered:
        question = questions.pop(key)
        request["answers"][question["key"]] = [question["digest"], responses[key], None]
    task.questions, task.request, task.updated_at = seal(questions) if questions else "", seal(request), timezone.now()
    if not questions:
        # What the last run reported is over: the tool runs from its top.
        task.status, task.message, task.progress, task.total = Task.Status.WAITING, "", None, None
    task.save(update_fields=["questions", "request", "updated_at", "status", "message", "progress", "total"])
    if task.watched:
        announce(task.pk)
    return not questions
