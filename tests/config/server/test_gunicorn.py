"""gunicorn as it is started: with our settings, whether or not somebody names them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.config.settings.environment import GOOD, run_python
from tests.conftest import PROJECT
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port
from tests.support.servers.server import APPLICATIONS

pytestmark = pytest.mark.any_database


def printed_settings(*arguments: str, **env: str) -> dict[str, str]:
    done = run_python("-m", "gunicorn", "--print-config", *arguments, env={**GOOD, **env})
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.replace(" ", "").splitlines() if "=" in line)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((), "asgi"),
        (("config.asgi",), "asgi"),
        (("-c", "config/gunicorn.py", "config.asgi:application"), "asgi"),
        (("config.wsgi",), "gthread"),
        (("-c", "config/gunicorn.py", "config.wsgi:application"), "gthread"),
        (("--worker-class", "gthread", "config.wsgi"), "gthread"),
    ],
)
def test_the_application_decides_between_event_loop_and_threads(arguments: tuple[str, ...], kind: str) -> None:
    """This holds with and without named settings: one thread could not answer while another stream is open."""
    settings = printed_settings(*arguments)
    assert (settings["worker_class"], settings["threads"], settings["workers"]) == (kind, "24", "2")


@pytest.mark.parametrize(("served_by", "pool"), [("config.wsgi", 0), ("config.asgi", 24)])
def test_under_asgi_requests_share_connections(served_by: str, pool: int) -> None:
    """Each has a thread of its own there, and would connect anew."""
    code = f"import {served_by}; from django.conf import settings; print(settings.DATABASE_POOL)"
    done = run_python("-c", code, env={**GOOD, "DATABASE_URL": "postgres://nobody@127.0.0.1/nothing"})
    assert done.stdout.split() == [str(pool)]


@pytest.mark.parametrize(
    ("env", "bind"),
    [
        ({}, "127.0.0.1:9000"),
        ({"PORT": "8080"}, "127.0.0.1:8080"),
        ({"BIND": "192.0.2.1", "PORT": "8080"}, "192.0.2.1:8080"),
        ({"BIND": "[::]"}, "[::]:9000"),
        ({"BIND": "unix:/run/mcp.sock", "PORT": "8080"}, "unix:/run/mcp.sock"),
    ],
)
def test_it_listens_where_it_is_told_to_and_else_on_this_machine_alone(env: dict[str, str], bind: str) -> None:
    command = ["-m", "gunicorn", "--print-config", "-c", "config/gunicorn.py", "config.wsgi"]
    done = run_python(*command, env={**GOOD, **env})
    [line] = [line for line in done.stdout.splitlines() if line.split()[0] == "bind"]
    assert bind in line


@pytest.mark.parametrize("worker", ["asgi", "gthread"])
def test_a_reload_stays_where_the_server_listens_and_says_so(worker: str, tmp_path: Path) -> None:
    """gunicorn would find the new address taken by the workers that are about to end, and give up."""
    settings, port = tmp_path / ".env", free_port()
    settings.write_text(f"BIND=0.0.0.0\nPORT={port}\n")
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", APPLICATIONS[worker]]
    env = {**os.environ, **GOOD, "ENV_FILE": str(settings), "DATABASE_URL": f"sqlite:///{tmp_path}/db"}
    with (
        (tmp_path / "log").open("w+") as log,
        subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log) as server,
    ):
        try:
            wait_for(lambda: is_alive(port))
            settings.write_text(f"BIND=127.0.0.1\nPORT={port}\n")
            server.send_signal(signal.SIGHUP)
            wait_for(lambda: Path(log.name).read_text().count("Worker exiting") == 2)
            said = Path(log.name).read_text()
            assert "until it is restarted" in said
            # Those of before have served until all of the others could.
            assert said.partition("Worker exiting")[0].count("Worker ready") == 4
            assert is_alive(port)
            assert server.poll() is None
        finally:
            server.terminate()


def is_alive(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE_SECONDS).status_code == 200
    except httpx2.HTTPError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)
