"""The product with two processes of each kind of worker, and a client connected to it."""

from collections.abc import Iterator

import pytest

from tests.streams.wire import Wire
from tests.support.server import LiveServer, Template

WORKERS = ("gthread", "asgi")
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.streams.settings"}


def serve(template: Template, worker: str = "gthread", *, workers: int = 2, **env: str) -> LiveServer:
    """A server, not started yet, of that kind of worker."""
    application = "config.asgi" if worker == "asgi" else "config.wsgi"
    env = {**SETTINGS, "GUNICORN_CMD_ARGS": f"--worker-class {worker}", **env}
    return LiveServer(template, workers=workers, application=application, env=env)


@pytest.fixture(scope="session", params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    with serve(template, request.param) as running:
        yield running


@pytest.fixture
def wire(server: LiveServer) -> Wire:
    return Wire(server)
