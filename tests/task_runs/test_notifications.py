"""`notifications/tasks` on `subscriptions/listen` with `taskIds` (SEP-2663)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TASKS, TERMINAL, TaskWire

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


def listen(wire: TaskWire, task_ids: Any, capabilities: Any = TASKS) -> dict[str, Any]:
    params = {"notifications": {"taskIds": task_ids}}
    return wire.modern("subscriptions/listen", params, capabilities=capabilities)


def states_until_the_end(stream: Any) -> list[dict[str, Any]]:
    """Return the states of one task that the stream tells, up to its end."""
    states: list[dict[str, Any]] = []
    while not states or states[-1]["status"] not in TERMINAL:
        message = stream.message()
        assert message["method"] == "notifications/tasks"
        states.append(message["params"])
    return states


def test_each_change_of_a_task_is_told_with_its_whole_state(wire: TaskWire):
    task_id = wire.begin("plan", days=10)
    with wire.stream(**listen(wire, [task_id])) as stream:
        acknowledged = stream.message()
        assert (acknowledged["method"], acknowledged["params"]["notifications"]) == (
            ACKNOWLEDGED,
            {"taskIds": [task_id]},
        )
        while (state := stream.message()["params"])["status"] == "working":
            assert state["taskId"] == task_id
        assert state["status"] == "input_required"
        content = {"action": "accept", "content": {"city": "Rome", "confirmed": True}}
        wire.ask("tasks/update", task_id, inputResponses=dict.fromkeys(state["inputRequests"], content))
        states = states_until_the_end(stream)

    last = states[-1]
    assert last["result"]["content"][0]["text"] == "10 days in Rome"
    polled = wire.get(task_id)
    told = {name: value for name, value in last.items() if name != "_meta"}
    assert told == {name: polled[name] for name in told}


def test_progress_is_told(wire: TaskWire):
    task_id = wire.begin("count", to=20)
    with wire.stream(**listen(wire, [task_id])) as stream:
        assert stream.message()["method"] == ACKNOWLEDGED
        states = states_until_the_end(stream)
    assert any(state.get("statusMessage", "").startswith("Counted to") for state in states[:-1])
    assert states[-1]["result"]["structuredContent"] == {"result": 20}


def test_cancellation_is_told(wire: TaskWire):
    task_id = wire.begin("count", to=100)
    with wire.stream(**listen(wire, [task_id])) as stream:
        assert stream.message()["method"] == ACKNOWLEDGED
        wire.ask("tasks/cancel", task_id)
        assert states_until_the_end(stream)[-1]["status"] == "cancelled"


def test_unknown_and_foreign_tasks_are_left_out(wire: TaskWire, server: LiveServer):
    foreign = TaskWire(server).begin("count", to=1)
    mine = wire.begin("count", to=1)
    wire.ended(mine)
    with wire.stream(**listen(wire, [foreign, str(uuid4()), "nonsense", mine])) as stream:
        assert stream.message()["params"]["notifications"] == {"taskIds": [mine]}
        assert [state["taskId"] for state in states_until_the_end(stream)] == [mine]


def test_client_that_does_not_declare_tasks_is_refused(wire: TaskWire):
    response = wire.post(**listen(wire, [wire.begin("count", to=1)], capabilities={}))
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32021


@pytest.mark.parametrize("task_ids", ["x", [1], {"a": 1}, [None]])
def test_task_ids_that_are_no_list_of_strings_are_invalid(wire: TaskWire, task_ids: Any):
    response = wire.post(**listen(wire, task_ids))
    assert (response.status_code, response.json()["error"]["code"]) == (400, -32602)
