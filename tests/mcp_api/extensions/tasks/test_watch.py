"""The watch of a process over its runs, when it comes between the end of a run and its removal."""

from collections.abc import Callable

import pytest
from django.db import DataError
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.models import Event
from mcp_api import Context, ToolError, tool
from mcp_api.errors import McpError
from mcp_api.execution.conclusion import Conclusion
from mcp_api.extensions.tasks import pool, worker
from mcp_api.extensions.tasks.running import RunningTask
from tests.mcp_api.extensions.tasks.conftest import TaskClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry")]

CONCLUDE = RunningTask.conclude


def conclude_and_watch(running: RunningTask, conclusion: Conclusion) -> None:
    CONCLUDE(running, conclusion)
    worker._watch()


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
