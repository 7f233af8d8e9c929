"""The watch of a process over its runs, when it comes between the end of a run and its removal."""

from collections.abc import Callable

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.models import Authorization, Event
from mcp_api import Context, ToolError, tool
from mcp_api.errors import McpError
from mcp_api.execution.conclusion import Conclusion
from mcp_api.extensions.tasks import pool, store, worker
from mcp_api.extensions.tasks.running import RunningTask
from mcp_api.models import Task
from tests.mcp_api.extensions.tasks.conftest import TaskClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry")]

CONCLUDE = RunningTask.conclude


def conclude_and_watch(running: RunningTask, conclusion: Conclusion) -> None:
    CONCLUDE(running, conclusion)
    worker._watch()


def test_access_that_ends_while_the_result_is_stored_ends_the_task_at_once(
    client: TaskClient, run_waiting: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoke_and_conclude(running: RunningTask, conclusion: Conclusion) -> None:
        Authorization.objects.update(revoked_at=timezone.now())
        CONCLUDE(running, conclusion)

    @tool(task="optional", task_after=0)
    def add() -> int:
        return 2

    # The revocation commits while the tool's transaction, which finds it and is rolled back, goes on.
    monkeypatch.setattr(store, "finish", lambda *_, **__: False)
    monkeypatch.setattr(RunningTask, "conclude", revoke_and_conclude)
    client.begin("add")
    run_waiting()
    task = Task.objects.get()
    assert (task.status, task.outcome, task.message) == ("cancelled", "", store.REVOKED)


@pytest.mark.parametrize(("name", "status"), [("greet", "input_required"), ("add", "completed"), ("fail", "completed")])
def test_run_that_has_just_ended_is_not_cancelled(
    client: TaskClient, run_waiting: Callable[[], None], monkeypatch: pytest.MonkeyPatch, name: str, status: str
) -> None:
    @tool(task="optional", task_after=0)
    def greet(context: Context) -> str:
        return str(context.confirm("Sure?"))

    @tool(task="optional", task_after=0)
    def add() -> int:
        return 2

    @tool(task="optional", task_after=0)
    def fail() -> int:
        raise ToolError("No.")

    monkeypatch.setattr(RunningTask, "conclude", conclude_and_watch)
    task_id = client.begin(name)
    run_waiting()

    assert client.get(task_id)["status"] == status
    assert not Event.objects.filter(reason="cancelled").exists()


def test_run_whose_outcome_cannot_be_stored_is_not_watched_for_ever(
    client: TaskClient, run_waiting: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    @tool(task="optional", task_after=0)
    def fail() -> int:
        raise ToolError("No.")

    def refuse(running: RunningTask, conclusion: Conclusion) -> None:
        raise DataError("It does not fit.")

    monkeypatch.setattr(RunningTask, "_conclude", refuse)
    client.begin("fail")
    with pytest.raises(DataError):
        run_waiting()

    assert pool.runs() == []


def test_messages_with_nul_are_stored(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    @tool(task="optional", task_after=0)
    def report(context: Context) -> int:
        context.progress(1, message="a\0b")
        for run in pool.runs():
            assert run.running is not None
            run.running.write_progress()
        raise McpError(INVALID_PARAMS, "c\0d")

    task_id = client.begin("report")
    run_waiting()

    state = client.get(task_id)
    assert (state["status"], state["statusMessage"]) == ("failed", "c\N{SYMBOL FOR NULL}d")


def test_look_for_revoked_tasks_reads_no_other_authorizations(client: TaskClient) -> None:
    @tool(task="optional", task_after=0)
    def add() -> int:
        return 2

    client.begin("add")
    with CaptureQueriesContext(connection) as queries:
        store.cancel_revoked(store.idle())
    assert [query["sql"].count("SELECT") for query in queries] == [1]
    Authorization.objects.update(expires_at=timezone.now())
    store.cancel_revoked(store.idle())
    assert Task.objects.get().message == store.REVOKED
