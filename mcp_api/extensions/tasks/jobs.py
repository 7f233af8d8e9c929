"""The job that backends of Django's task interface run: a run of one task."""

from django.db import transaction
from django_tasks import task

from mcp_api.extensions.tasks import worker


@task()
def run_task(task_id: str) -> None:
    """Run a waiting task, and wait for its end. Do nothing if another process has begun it."""
    worker.run(task_id)


def enqueue(task_id: object) -> None:
    """Pass a waiting task to the backend of the setting TASK_BACKEND, once the transaction commits.

    If the process ends before that, the worker does it later.
    """
    worker.start()
    transaction.on_commit(lambda: run_task.enqueue(str(task_id)))
