"""The watch of a process over its runs, when it comes between the end of a run and its removal."""

from collections.abc import Callable

import pytest

from accounts.models import Event
from mcp_api import Context, ToolError, tool
from mcp_api.execution.conclusion import Conclusion
from mcp_api.extensions.tasks import worker
from mcp_api.extensions.tasks.running import RunningTask
from tests.mcp_api.extensions.tasks.conftest import TaskClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

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
