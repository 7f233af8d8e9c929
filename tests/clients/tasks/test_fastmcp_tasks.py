"""FastMCP's own package for tasks, fastmcp_tasks 4.1, in an environment of its own."""

import fcntl
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.desktop import Desktop
from tests.conftest import missing
from tests.support.patience import PATIENCE_SECONDS
from tests.support.python_process import PROJECT
from tests.support.server import LiveServer

FOLDER = Path(__file__).resolve().parent / "fastmcp_tasks"
INSTALL_SECONDS = 300
Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def python() -> Path:
    """Return the Python of the environment, which is made once for each change of its requirements."""
    environment, requirements = PROJECT / ".venv-clients", FOLDER / "requirements.txt"
    with requirements.open("rb") as listed:
        fcntl.flock(listed, fcntl.LOCK_EX)
        stamp, wanted = environment / ".installed", hashlib.sha256(listed.read()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            create(environment, requirements)
            stamp.write_text(wanted)
    return environment / "bin" / "python"


def create(environment: Path, requirements: Path) -> None:
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(environment)], [*pip, "-r", str(requirements)]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            missing(f"fastmcp_tasks cannot be installed: {done.stderr[-1000:]}")


@pytest.fixture
def run(server: LiveServer, desktop: Desktop, python: Path) -> Run:
    """Return a function that runs the program for a tool, and returns what it printed."""
    # It listens for the browser only once the command that opened it has returned.
    env = {**desktop.env, "BROWSER": f"{desktop.browser} %s &"}

    def start(deed: str, tool: str, **arguments: Any) -> dict[str, Any]:
        command = [str(python), str(FOLDER / "program.py"), server.mcp_url, deed, tool, json.dumps(arguments)]
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
