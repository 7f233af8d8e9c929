"""A client that declares the extension, and the runs of waiting tasks, in the thread of the test."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from mcp_api.extensions.tasks import worker
from mcp_api.models import Task
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.messages import CAPABILITIES_KEY, meta, modern

IDENTIFIER = "io.modelcontextprotocol/tasks"
DECLARED: dict[str, Any] = {"elicitation": {}, "extensions": {IDENTIFIER: {}}}


class TaskClient:
    """Sends requests with the capabilities `declared`."""

    def __init__(self, caller: Caller, declared: dict[str, Any] | None = None) -> None:
        self.caller, self.declared = caller, DECLARED if declared is None else declared

    def send(self, method: str, **params: Any) -> Any:
        body, headers = modern(method, {**params, "_meta": {**meta(), CAPABILITIES_KEY: self.declared}})
        name = str(params.get("taskId", params.get("name", "")))
        encoded = base64.b64encode(name.encode()).decode()
        return self.caller.send(body, {**headers, "Mcp-Name": f"=?base64?{encoded}?="})

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        result: dict[str, Any] = result_of(self.send(method, **params))
        return result

    def error(self, method: str, **params: Any) -> dict[str, Any]:
        error: dict[str, Any] = error_of(self.send(method, **params))
        return error

    def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        return self.ask("tools/call", name=name, arguments=arguments)

    def begin(self, name: str, /, **arguments: Any) -> str:
        """Call a tool that becomes a task at once, and return the id of the task."""
        result = self.call(name, **arguments)
        assert result["resultType"] == "task", result
        return str(result["taskId"])

    def get(self, task_id: str) -> dict[str, Any]:
        return self.ask("tasks/get", taskId=task_id)

    def answer(self, task_id: str, **responses: Any) -> dict[str, Any]:
        return self.ask("tasks/update", taskId=task_id, inputResponses=responses)


@pytest.fixture
def client(writer: Caller) -> TaskClient:
    return TaskClient(writer)


@pytest.fixture
def run_waiting() -> Callable[[], None]:
    """Run each waiting task in this thread, as the worker of a process does."""

    def run() -> None:
        for task_id in Task.objects.filter(status=Task.Status.WAITING).values_list("pk", flat=True):
            worker.run(str(task_id))

    return run
