"""A revoked authorization, a suspended client or a suspended person ends a task within two seconds."""

import time

import pytest

from tests.support.patience import eventually
from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TaskWire, status_of

WITHDRAWN = {
    "authorization": "Authorization.objects.filter(consent__user__username={name!r}).update(revoked_at=timezone.now())",
    "client": "Client.objects.filter(consents__user__username={name!r}).update(suspended_at=timezone.now())",
    "person": "User.objects.filter(username={name!r}).update(is_active=False)",
}


@pytest.mark.parametrize("what", WITHDRAWN)
def test_running_task_ends_within_two_seconds_and_cannot_be_read(wire: TaskWire, server: LiveServer, what: str):
    task_id = wire.begin("rename", name="Withdrawn", seconds=6)
    server.shell("from django.utils import timezone\n" + WITHDRAWN[what].format(name=wire.username))
    withdrawn = time.monotonic()
    eventually(lambda: status_of(server, task_id) == "cancelled")
    assert time.monotonic() - withdrawn < 2.5
    assert "result" not in wire.ask("tasks/get", task_id)
    time.sleep(5)
    assert wire.first_name != "Withdrawn"


def test_waiting_task_of_a_revoked_authorization_never_runs(wire: TaskWire, server: LiveServer):
    running = [wire.begin("once", label=f"before {number}", seconds=60) for number in range(8)]
    task_id = wire.begin("rename", name="Waited", seconds=0.5)
    wire.revoke()
    assert running
    time.sleep(6)
    assert wire.first_name != "Waited"
    assert status_of(server, task_id) != "completed"
