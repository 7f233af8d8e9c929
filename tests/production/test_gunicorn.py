"""gunicorn as it is started: with our settings, whether or not somebody names them."""

import os
import subprocess
import sys

import pytest

from tests.conftest import PROJECT
from tests.production.test_check_deploy import GOOD, SECONDS

pytestmark = pytest.mark.any_database


def printed_settings(*arguments: str, **env: str) -> dict[str, str]:
    command = [sys.executable, "-m", "gunicorn", "--print-config", *arguments]
    env = {**os.environ, **GOOD, **env}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=SECONDS, check=True)
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
    """Whether or not somebody names its settings: one thread could not answer while another stream is open."""
    settings = printed_settings(*arguments)
    assert (settings["worker_class"], settings["threads"], settings["workers"]) == (kind, "16", "2")


@pytest.mark.parametrize(("served_by", "pool"), [("config.wsgi", 0), ("config.asgi", 16)])
def test_under_asgi_requests_share_connections(served_by: str, pool: int) -> None:
    """Each has a thread of its own there, and would connect anew."""
    code = f"import {served_by}; from django.conf import settings; print(settings.DATABASE_POOL)"
    env = {**os.environ, **GOOD, "DATABASE_URL": "postgres://nobody@127.0.0.1/nothing"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=SECONDS, check=True
    )
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
    command = [sys.executable, "-m", "gunicorn", "--print-config", "-c", "config/gunicorn.py", "config.wsgi"]
    env = {**os.environ, **GOOD, **env}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=SECONDS, check=True)
    [line] = [line for line in done.stdout.splitlines() if line.split()[0] == "bind"]
    assert bind in line
