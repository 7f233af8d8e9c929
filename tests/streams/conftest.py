"""The product with two processes of each kind of worker, and a client connected to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import leave_out
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.servers.server import LiveServer

FOLDER = Path(__file__).parent
WORKERS = ("gthread", "asgi")
# What each worker is tested with; test_calls.py is the one that each takes with both.
DATABASE_OF = {"gthread": "SQLite", "asgi": "PostgreSQL"}
WITH_BOTH = FOLDER / "test_calls.py"
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.streams.settings"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = "PostgreSQL" if os.environ["DATABASE_URL"].startswith("postgres") else "SQLite"
    leave_out(config, items, lambda item: FOLDER in item.path.parents and belongs_elsewhere(item, here))


def belongs_elsewhere(item: pytest.Item, database: str) -> bool:
    """Tell whether `item` is about a worker that is tested with another database than this."""
    callspec = getattr(item, "callspec", None)
    workers = [value for value in callspec.params.values() if value in WORKERS] if callspec else []
    return item.path != WITH_BOTH and any(DATABASE_OF[worker] != database for worker in workers)


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
