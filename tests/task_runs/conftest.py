"""A server with two processes: threads on SQLite, an event loop on PostgreSQL."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.servers.server import WORKER, LiveServer

TASKS: dict[str, Any] = {"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}
POLL_SECONDS = 0.25
TERMINAL = ("completed", "failed", "cancelled")


class TaskWire(Wire):
    """A client that declares tasks."""

    def begin(self, name: str, /, **arguments: Any) -> str:
        """Call a tool, and return the id of its task."""
        sent = self.modern("tools/call", {"name": name, "arguments": arguments}, capabilities=TASKS)
        result = self.post(**sent).json()["result"]
        assert result["resultType"] == "task", result
        return str(result["taskId"])

    def ask(self, method: str, task_id: str, **params: Any) -> dict[str, Any]:
        sent = self.modern(method, {"taskId": task_id, **params}, capabilities=TASKS)
        sent["headers"]["Mcp-Name"] = task_id
        answer: dict[str, Any] = self.post(**sent).json()
        return answer

    def get(self, task_id: str) -> dict[str, Any]:  # type: ignore[override] # of a task, not of a stream
        result: dict[str, Any] = self.ask("tasks/get", task_id)["result"]
        return result

    def ended(self, task_id: str, seconds: float = 30) -> dict[str, Any]:
        """Return the state of the task once it has ended, or its last one after so many seconds."""
        until = time.monotonic() + seconds
        while (state := self.get(task_id))["status"] not in TERMINAL and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        return state


def status_of(server: LiveServer, task_id: str) -> str:
    return str(_column(server, "status", task_id))


def runs_of(server: LiveServer, task_id: str) -> int:
    return int(_column(server, "runs", task_id))


def _column(server: LiveServer, name: str, task_id: str) -> Any:
    [(value,)] = server.database.rows(
        f"SELECT {name} FROM mcp_api_task WHERE replace(CAST(id AS text), '-', '') = '{task_id.replace('-', '')}'"  # noqa: S608 - our own id
    )
    return value


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tasks") / "ledger"


@pytest.fixture(scope="module")
def server(template: Template, ledger: Path) -> Iterator[LiveServer]:
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.task_runs.settings",
        "GUNICORN_CMD_ARGS": f"--worker-class {WORKER}",
        "TASK_LEDGER": str(ledger),
    }
    application = "config.asgi" if WORKER == "asgi" else "config.wsgi"
    with LiveServer(template, application=application, env=env) as running:
        yield running


@pytest.fixture
def wire(server: LiveServer) -> TaskWire:
    return TaskWire(server)
