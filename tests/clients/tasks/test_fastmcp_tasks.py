"""FastMCP's own package for tasks, fastmcp_tasks 4.1, in an environment of its own."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.desktop import Desktop
from tests.clients.environment import FASTMCP_SERVER as FOLDER
from tests.support.patience import PATIENCE_SECONDS
from tests.support.servers.server import LiveServer

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(server: LiveServer, desktop: Desktop, fastmcp_python: Path) -> Run:
    """Return a function that runs the program for a tool, and returns what it printed."""
    # It listens for the browser only once the command that opened it has returned.
    env = {**desktop.env, "BROWSER": f"{desktop.browser} %s &"}

    def start(deed: str, tool: str, **arguments: Any) -> dict[str, Any]:
        command = [str(fastmcp_python), str(FOLDER / "tasks.py"), server.mcp_url, deed, tool, json.dumps(arguments)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed

    return start


def test_fastmcp_tasks_answers_the_questions_of_an_ordinary_call(run: Run) -> None:
    assert run("call", "plan", days=2)["text"] == "2 days in Oslo"


def test_fastmcp_tasks_gets_a_structured_result(run: Run) -> None:
    assert run("call", "count", to=2)["structured"] == {"result": 2}


def test_fastmcp_tasks_follows_a_task_by_its_handle(run: Run) -> None:
    assert run("follow", "plan", days=1) == {"status": "completed", "text": "1 days in Oslo"}


def test_fastmcp_tasks_cancels_a_task(run: Run) -> None:
    assert run("cancel", "count", to=100) == {"status": "cancelled"}
