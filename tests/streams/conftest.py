"""The product with two processes of each kind of worker, and a client connected to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.server import LiveServer

FOLDER = Path(__file__).parent
WORKERS = ("gthread", "asgi")
# On PostgreSQL, production's worker takes all tests, and threads those of transactions. On SQLite both take all.
OF_TRANSACTIONS = {FOLDER / "test_calls.py", FOLDER / "test_timeouts.py", FOLDER / "withdrawn_rights"}
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.streams.settings"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ["DATABASE_URL"].startswith("postgres"):
        return
    left_out = [item for item in items if FOLDER in item.path.parents and is_left_to_sqlite(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def is_left_to_sqlite(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    on_threads = callspec is not None and "gthread" in callspec.params.values()
    return on_threads and OF_TRANSACTIONS.isdisjoint([item.path, *item.path.parents])


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
