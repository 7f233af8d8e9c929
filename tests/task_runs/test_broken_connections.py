"""The connections of the server to PostgreSQL end while its tasks run."""

import time

import pytest

from tests.support.patience import eventually
from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TaskWire

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

pytestmark = pytest.mark.postgres_only


def test_tasks_end_although_their_connections_are_ended_again_and_again(wire: TaskWire, server: LiveServer):
    tasks = [wire.begin("count", to=15) for _ in range(3)] + [wire.begin("again", label="a", seconds=2)]
    for _ in range(4):
        server.database.rows(END_ALL)
        time.sleep(0.6)
    states = [wire.ended(task_id, seconds=40) for task_id in tasks]
    assert [state["status"] for state in states] == ["completed"] * 4, states


def test_new_task_runs_after_that(wire: TaskWire, server: LiveServer):
    server.database.rows(END_ALL)
    assert eventually(lambda: wire.ended(wire.begin("count", to=1))["status"] == "completed")
