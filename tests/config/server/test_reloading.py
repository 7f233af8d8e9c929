"""`make run`: the development server takes up what changes in `.env`."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.config.settings.environment import GOOD
from tests.conftest import PROJECT
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port

pytestmark = pytest.mark.any_database

NAME, KEY = "SERVER_NAME", "SECRET_KEY"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / "settings.env"
    file.write_text(f"DEBUG=true\n{KEY}={GOOD[KEY]}\n{NAME}=Beta\n")
    return file


@pytest.fixture
def address(env_file: Path, tmp_path: Path) -> Iterator[str]:
    """Of a development server that has its settings from `env_file` alone."""
    port = free_port()
    ours = {"ENV_FILE": str(env_file), "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    # Settings of whoever runs the tests would count more than those of the file.
    env = {name: value for name, value in os.environ.items() if name not in (NAME, KEY, "DEBUG", "PUBLIC_URL")} | ours
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=PROJECT, env=env, check=True)
    server = subprocess.Popen([sys.executable, "manage.py", "runserver", str(port)], cwd=PROJECT, env=env)
    yield f"http://localhost:{port}"
    server.terminate()
    server.wait(PATIENCE_SECONDS)


def wait_for_name(address: str, name: str) -> None:
    """Wait until the server calls itself that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            text = httpx2.get(address).text
        except httpx2.TransportError:
            text = ""
        if name in text:
            return
        assert time.monotonic() < deadline, text[:500]
        time.sleep(0.2)


def write(env_file: Path, *lines: str) -> None:
    # The reloader compares whole seconds of some file systems.
    time.sleep(1.1)
    env_file.write_text("\n".join(["DEBUG=true", f"{KEY}={GOOD[KEY]}", *lines, ""]))


def test_changed_and_deleted_variables_of_env_file_count_after_the_reload(address: str, env_file: Path) -> None:
    wait_for_name(address, "Beta")
    write(env_file, f"{NAME}=Gamma")
    wait_for_name(address, "Gamma")
    write(env_file)
    wait_for_name(address, "OAuth MCP Server")
