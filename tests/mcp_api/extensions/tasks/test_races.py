"""A run that ends while another process cancels its task."""

import threading

import pytest
from django.db import connection, transaction

from mcp_api import tool
from mcp_api.extensions.tasks import store
from mcp_api.models import Task
from tests.mcp_api.extensions.tasks.conftest import TaskClient
from tests.support.patience import eventually

BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def is_blocked() -> bool:
    """Return whether a connection waits for a lock of another."""
    with connection.cursor() as cursor:
        # Within a transaction, the view keeps what it first returned.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(BLOCKED)
        return cursor.fetchone() != (0,)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_run_cannot_complete_a_task_that_is_being_cancelled(client: TaskClient, isolated_registry: None) -> None:
    @tool(task="optional", task_after=0)
    def once() -> str:
        return "done"

    task = store.claim(client.begin("once"))
    assert task is not None
    finished: list[bool] = []

    def finish() -> None:
        finished.append(store.finish(task.run, Task.Status.COMPLETED, {"result": {}}))
        connection.close()

    thread = threading.Thread(target=finish)
    with transaction.atomic():
        store.cancel(reason="Cancelled.", pk=task.pk)
        thread.start()
        eventually(is_blocked)
    thread.join()

    task.refresh_from_db()
    assert (finished, task.status, task.outcome) == ([False], Task.Status.CANCELLED, "")
