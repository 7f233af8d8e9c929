"""@modelcontextprotocol/client 2.4: it has requests for tasks, but no result of a call that is one.

It refuses a `resultType` that is not of the core, before the program sees the id of the task. So a program that uses
it does not declare the extension, and gets ordinary results; or it follows tasks whose ids it learns in another way.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.nodejs import Driver
from tests.clients.tasks.extension import ANSWER
from tests.support.patience import PATIENCE_SECONDS, eventually
from tests.support.servers.server import LiveServer


@pytest.fixture
def driver(server: LiveServer, node_packages: None) -> Iterator[Driver]:
    with Driver("client-2.mjs", server, "auto", "tasks") as running:
        running.ask("connect")
        yield running


@pytest.fixture
def task_id(driver: Driver, server: LiveServer) -> str:
    """A task of this client, whose id the client was not told."""
    with pytest.raises(RuntimeError, match="Unsupported result type 'task' for tools/call"):
        driver.ask("call", tool="plan", args={"days": 2})
    return server.shell("from mcp_api.models import Task\nprint(Task.objects.latest('created_at').pk)")


def state_of(driver: Driver, task_id: str) -> dict[str, Any]:
    state: dict[str, Any] = driver.ask("request", method="tasks/get", params={"taskId": task_id})
    return state


def test_typescript_client_2_follows_a_task_with_questions_to_its_result(driver: Driver, task_id: str) -> None:
    assert eventually(lambda: state_of(driver, task_id)["status"] == "input_required", PATIENCE_SECONDS)
    keys = state_of(driver, task_id)["inputRequests"]
    answers = {"taskId": task_id, "inputResponses": dict.fromkeys(keys, ANSWER)}
    driver.ask("request", method="tasks/update", params=answers)

    assert eventually(lambda: state_of(driver, task_id)["status"] == "completed", PATIENCE_SECONDS)
    assert state_of(driver, task_id)["result"]["content"][0]["text"] == "2 days in Oslo"


def test_typescript_client_2_cancels_a_task(driver: Driver, task_id: str) -> None:
    driver.ask("request", method="tasks/cancel", params={"taskId": task_id})
    assert state_of(driver, task_id)["status"] == "cancelled"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_typescript_client_2_without_the_extension_gets_an_ordinary_result(
    server: LiveServer, node_packages: None, mode: str
) -> None:
    with Driver("client-2.mjs", server, mode) as driver:
        driver.ask("connect")
        [result] = driver.ask("call", tool="count", args={"to": 2})
        assert result["structuredContent"] == {"result": 2}
        with pytest.raises(RuntimeError, match=r"io\.modelcontextprotocol/tasks"):
            driver.ask("call", tool="only_as_task", args={})
