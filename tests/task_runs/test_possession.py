"""Tasks of a token that is bound to a key (RFC 9449): each request about one takes its own proof."""

import time

import pytest

from tests.streams.possession.bound_wire import Possession
from tests.support.patience import eventually
from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TASKS, TaskWire, status_of


class BoundTaskWire(Possession, TaskWire):
    """A client that declares tasks, whose token is bound to its key."""


@pytest.fixture
def wire(server: LiveServer) -> BoundTaskWire:
    return BoundTaskWire(server)


def test_each_poll_of_a_task_takes_its_own_proof(wire: BoundTaskWire) -> None:
    task_id = wire.begin("once", label="bound", seconds=1)
    poll = wire.modern("tasks/get", {"taskId": task_id}, capabilities=TASKS)
    poll["headers"] |= {"Mcp-Name": task_id, **wire.proof("POST")}
    assert wire.post(**poll).status_code == 200
    again = wire.post(**poll)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_dpop_proof")
    poll["headers"]["Authorization"] = f"Bearer {wire.token}"
    assert wire.post(**poll).status_code == 401
    assert wire.ended(task_id)["status"] == "completed"


def test_a_task_ends_within_two_seconds_of_its_token(wire: BoundTaskWire, server: LiveServer) -> None:
    task_id = wire.begin("rename", name="Withdrawn", seconds=6)
    wire.revoke()
    revoked = time.monotonic()
    eventually(lambda: status_of(server, task_id) == "cancelled")
    assert time.monotonic() - revoked < 2.5
    assert "result" not in wire.ask("tasks/get", task_id)
