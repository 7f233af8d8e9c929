"""The default backend of Django's task interface: the server's own processes run tasks, from their rows."""

from typing import Any

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult

from mcp_api.extensions.tasks import pool


class ServerProcesses(BaseTaskBackend):
    """Wakes the worker of this process (mcp_api/extensions/tasks/worker.py), which finds the row.

    It is for the tasks of MCP alone. Name another backend in TASK_BACKEND for other jobs of a project.
    """

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        pool.wake.set()
        return TaskResult(
            task=task,
            id=str(args[0]),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
