"""The server whose tools become tasks."""

from collections.abc import Iterator

import pytest

from tests.support.database import Template
from tests.support.servers.server import WORKER, LiveServer


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    env = {"DJANGO_SETTINGS_MODULE": "tests.task_runs.settings", "GUNICORN_CMD_ARGS": f"--worker-class {WORKER}"}
    application = "config.asgi" if WORKER == "asgi" else "config.wsgi"
    with LiveServer(template, application=application, env=env) as running:
        yield running
