"""@modelcontextprotocol/ext-tasks 0.2, which runs tools as tasks beside the TypeScript SDK's client."""

from collections.abc import Iterator

import pytest

from tests.clients.nodejs import Driver
from tests.clients.tasks.extension import ANSWER
from tests.support.servers.server import LiveServer


@pytest.fixture
def driver(server: LiveServer, node_packages: None) -> Iterator[Driver]:
    with Driver("ext-tasks.mjs", server) as running:
        running.ask("connect")
        yield running


def test_ext_tasks_follows_a_task_with_questions_to_its_result(driver: Driver) -> None:
    told = driver.ask("task", tool="plan", args={"days": 2}, answer=ANSWER)

    assert (told["kind"], told["status"]) == ("task", "completed")
    assert told["result"]["content"][0]["text"] == "2 days in Oslo"
    assert "input_required" in told["states"]


def test_ext_tasks_gets_a_quick_result_at_once(driver: Driver) -> None:
    told = driver.ask("task", tool="wait", args={"seconds": 0})
    assert (told["kind"], told["result"]["content"][0]["text"]) == ("immediate", "waited")


def test_ext_tasks_runs_a_tool_that_must_be_a_task(driver: Driver) -> None:
    assert driver.ask("task", tool="only_as_task", args={})["kind"] == "task"


def test_ext_tasks_cancels_a_task(driver: Driver) -> None:
    told = driver.ask("task", tool="count", args={"to": 100}, stopAfter=1)
    assert (told["status"], told["result"]) == ("cancelled", None)
