"""A task runs to its end in the server's processes, and no longer than it may."""

import time

import pytest

from tests.support.patience import eventually
from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TASKS, TaskWire


def test_call_becomes_a_task_after_a_moment_and_its_writes_are_kept(wire: TaskWire):
    task_id = wire.begin("rename", name="Late", seconds=1)
    assert wire.get(task_id)["status"] == "working"
    assert wire.ended(task_id)["result"]["content"][0]["text"] == "Late"
    assert wire.first_name == "Late"


def test_quick_call_is_no_task(wire: TaskWire):
    count = "SELECT count(*) FROM mcp_api_task"
    before = wire.server.database.rows(count)
    params = {"name": "rename", "arguments": {"name": "Quick", "seconds": 0}}
    assert (
        wire.post(**wire.modern("tools/call", params, capabilities=TASKS)).json()["result"]["resultType"] == "complete"
    )
    assert wire.server.database.rows(count) == before


def test_progress_is_the_status_message(wire: TaskWire):
    task_id = wire.begin("count", to=20)
    assert eventually(lambda: wire.get(task_id).get("statusMessage", "").startswith("Counted to"))
    assert wire.ended(task_id)["result"]["structuredContent"] == {"result": 20}


def test_async_tool_becomes_a_task(wire: TaskWire):
    task_id = wire.begin("wait", seconds=1)
    assert wire.ended(task_id)["result"]["content"][0]["text"] == "waited"


@pytest.mark.parametrize(("confirmed", "text"), [(True, "went on"), (False, "You said no.")])
def test_async_tool_asks_once_it_is_a_task(wire: TaskWire, confirmed: bool, text: str):
    task_id = wire.begin("wait_and_ask", seconds=0.7)
    assert eventually(lambda: wire.get(task_id)["status"] == "input_required")
    [key] = wire.get(task_id)["inputRequests"]
    answer = {"action": "accept", "content": {"confirmed": confirmed}}
    assert wire.ask("tasks/update", task_id, inputResponses={key: answer})["result"]["resultType"] == "complete"
    state = wire.ended(task_id)
    assert (state["status"], state["result"]["content"][0]["text"]) == ("completed", text)
    assert state["result"].get("isError", False) is not confirmed


def test_task_is_given_up_after_its_time(wire: TaskWire):
    state = wire.ended(wire.begin("overrun"), seconds=10)
    assert (state["status"], state["result"]["isError"]) == ("completed", True)
    assert "longer than 1 seconds" in state["result"]["content"][0]["text"]


def test_tasks_of_one_person_leave_threads_for_another(wire: TaskWire, server: LiveServer):
    for number in range(20):
        wire.begin("once", label=f"many {number}", seconds=1.5)
    other = TaskWire(server)
    started = time.monotonic()
    other.ended(other.begin("once", label="other", seconds=0))
    assert time.monotonic() - started < 10
    sent = other.modern("tools/call", {"name": "get_time", "arguments": {}}, capabilities=TASKS)
    assert other.post(**sent).status_code == 200


def test_cancelled_run_is_rolled_back_and_ends(wire: TaskWire):
    task_id = wire.begin("rename", name="Never", seconds=2)
    wire.ask("tasks/cancel", task_id)
    assert wire.get(task_id)["status"] == "cancelled"
    time.sleep(2.5)
    assert wire.get(task_id)["status"] == "cancelled"
    assert wire.first_name != "Never"


def test_event_of_a_cancelled_run_says_how_long_it_ran(wire: TaskWire, server: LiveServer):
    task_id = wire.begin("rename", name="Never", seconds=4)
    time.sleep(1)
    wire.ask("tasks/cancel", task_id)
    duration = f"SELECT duration_ms FROM oauth_mcp_event WHERE reason = 'cancelled' AND detail = 'Task {task_id}'"  # noqa: S608 - our own id
    assert eventually(lambda: server.database.rows(duration) and server.database.rows(duration)[0][0] > 900)
