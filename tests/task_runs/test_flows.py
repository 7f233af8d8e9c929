"""Whole flows of a task over real HTTP, each request over a connection of its own that any process may take."""

import time
from typing import Any

import pytest

from tests.streams.wire import methods_of
from tests.support.patience import PATIENCE_SECONDS, eventually
from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TASKS, TaskWire

TOKEN = """
from django.conf import settings
from tests.support.factories import make_tokens
mine = Authorization.objects.get(consent__user__username={name!r})
print(make_tokens(mine, resource=f"{{settings.PUBLIC_URL}}/mcp")[2])
"""


def replace_processes(server: LiveServer) -> None:
    """Let new processes answer each request from now on."""
    before = set(server.worker_pids)
    server.reload()
    assert eventually(lambda: before.isdisjoint(server.worker_pids) and server.worker_pids, PATIENCE_SECONDS)


def refresh(wire: TaskWire) -> None:
    """Give the client another token of the same authorization."""
    wire.headers["Authorization"] = f"Bearer {wire.server.shell(TOKEN.format(name=wire.username))}"


def number_of_tasks(wire: TaskWire) -> int:
    [(number,)] = wire.server.database.rows(
        "SELECT count(*) FROM mcp_api_task JOIN oauth_mcp_user ON oauth_mcp_user.id = user_id "  # noqa: S608 - our own name
        f"WHERE username = '{wire.username}'"
    )
    return int(number)


# --- Questions -------------------------------------------------------------------------------------


def test_question_is_answered_in_two_parts_through_two_processes(wire: TaskWire, server: LiveServer):
    task_id = wire.begin("plan", days=2)
    assert eventually(lambda: wire.get(task_id)["status"] == "input_required", PATIENCE_SECONDS)
    asked = wire.get(task_id)["inputRequests"]
    [city] = [key for key, each in asked.items() if "city" in str(each["params"]["requestedSchema"])]
    [sure] = set(asked) - {city}

    wire.ask("tasks/update", task_id, inputResponses={city: {"action": "accept", "content": {"city": "Oslo"}}})
    replace_processes(server)
    assert list(wire.get(task_id)["inputRequests"]) == [sure]
    wire.ask("tasks/update", task_id, inputResponses={sure: {"action": "accept", "content": {"confirmed": True}}})

    assert wire.ended(task_id)["result"]["content"][0]["text"] == "2 days in Oslo"


# --- Clients that leave, and tokens that expire ----------------------------------------------------


def slow(wire: TaskWire, name: str, seconds: float) -> dict[str, Any]:
    params = {"name": "rename_slowly", "arguments": {"name": name, "seconds": seconds}}
    return wire.modern("tools/call", params, capabilities=TASKS, progressToken="token")


def test_stream_that_began_with_progress_ends_with_the_task(wire: TaskWire):
    with wire.stream(**slow(wire, "Streamed", 4)) as stream:
        messages = stream.messages()
    assert set(methods_of(messages[:-1])) == {"notifications/progress"}
    created = messages[-1]["result"]
    assert (created["resultType"], created["status"]) == ("task", "working")
    assert wire.ended(created["taskId"])["result"]["content"][0]["text"] == "Streamed"
    assert wire.first_name == "Streamed"


def test_client_that_leaves_before_the_moment_cancels_the_call(wire: TaskWire):
    with wire.stream(**slow(wire, "Left", 1.5)) as stream:
        assert stream.message()["method"] == "notifications/progress"
    time.sleep(3.5)
    assert (wire.first_name, number_of_tasks(wire)) == ("", 0)


def test_client_that_leaves_once_it_has_its_task_does_not_cancel_it(wire: TaskWire):
    with wire.stream(**slow(wire, "Went on", 4)) as stream:
        while (message := stream.message()).get("method") == "notifications/progress":
            pass
    state = wire.ended(message["result"]["taskId"])
    assert (state["status"], wire.first_name) == ("completed", "Went on")


def test_task_goes_on_when_the_token_of_its_call_expires(wire: TaskWire):
    task_id = wire.begin("rename", name="Expired", seconds=3)
    wire.expire()
    sent = wire.modern("tasks/get", {"taskId": task_id}, capabilities=TASKS)
    assert wire.post(**sent).status_code == 401

    refresh(wire)

    state = wire.ended(task_id)
    assert (state["status"], state["result"]["content"][0]["text"]) == ("completed", "Expired")
    assert wire.first_name == "Expired"


def test_run_that_begins_after_the_token_has_expired_does_too(wire: TaskWire):
    task_id = wire.begin("plan", days=1)
    assert eventually(lambda: wire.get(task_id)["status"] == "input_required", PATIENCE_SECONDS)
    wire.expire()
    refresh(wire)
    keys = wire.get(task_id)["inputRequests"]
    answers = {"action": "accept", "content": {"city": "Bergen", "confirmed": True}}
    wire.ask("tasks/update", task_id, inputResponses=dict.fromkeys(keys, answers))
    assert wire.ended(task_id)["result"]["content"][0]["text"] == "1 days in Bergen"


# --- Tools that write before they wait -------------------------------------------------------------


def test_call_that_holds_the_lock_of_sqlite_stays_an_ordinary_call(wire: TaskWire, server: LiveServer):
    params = {"name": "write_and_wait", "arguments": {"name": "Written", "seconds": 3}}
    result = wire.post(**wire.modern("tools/call", params, capabilities=TASKS)).json()["result"]
    assert result["resultType"] == ("complete" if is_sqlite(server) else "task")
    if result["resultType"] == "task":
        wire.ended(result["taskId"])
    assert wire.first_name == "Written"
    # A row that was made just when the tool ended is deleted again.
    assert eventually(lambda: number_of_tasks(wire) == (0 if is_sqlite(server) else 1))


def test_progress_of_a_task_that_holds_the_lock_of_sqlite_is_not_seen(wire: TaskWire, server: LiveServer):
    task_id = wire.begin("write_and_wait_as_task", name="Written", seconds=4)
    is_seen = eventually(lambda: wire.get(task_id).get("statusMessage") == "Written", 3)
    assert is_seen is not is_sqlite(server)
    assert wire.ended(task_id)["status"] == "completed"
    assert wire.first_name == "Written"


def is_sqlite(server: LiveServer) -> bool:
    return server.database.url.startswith("sqlite")


# --- Clients without tasks -------------------------------------------------------------------------


def test_legacy_client_gets_an_ordinary_call_with_progress(wire: TaskWire):
    wire.initialize(capabilities=TASKS)
    with wire.stream(**wire.legacy_tool("rename_slowly", name="Legacy", seconds=3)) as stream:
        messages = stream.messages()
    assert methods_of(messages)[0] == "notifications/progress"
    assert messages[-1]["result"]["content"][0]["text"] == "Legacy"
    assert number_of_tasks(wire) == 0


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_tool_that_requires_tasks_names_the_capability_that_is_missing(wire: TaskWire, era: str):
    params = {"name": "only_as_task", "arguments": {}}
    if era == "modern":
        sent = wire.modern("tools/call", params, capabilities={})
    else:
        sent = wire.initialize().legacy("tools/call", params)
    error = wire.post(**sent).json()["error"]
    assert error["code"] == -32021
    assert error["data"] == {"requiredCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}
