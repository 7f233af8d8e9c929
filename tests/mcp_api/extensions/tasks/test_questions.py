"""Questions of a task: the client reads them by `tasks/get`, and answers by `tasks/update`, in parts if it likes."""

from collections.abc import Callable

import pytest
from pydantic import BaseModel

from mcp_api import Context, questions, tool
from tests.mcp_api.extensions.tasks.conftest import TaskClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

NAME = {"action": "accept", "content": {"name": "Ada"}}
SURE = {"action": "accept", "content": {"confirmed": True}}


class Name(BaseModel):
    name: str


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    @tool(task="optional", task_after=0)
    def greet(context: Context) -> str:
        given = context.ask(name=questions.form("Your name?", Name), sure=questions.confirmation("Sure?"))
        return f"{given['name'].data.name}: {given['sure']}"


def test_answers_may_come_in_parts(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("greet")
    run_waiting()
    asked = client.get(task_id)
    assert asked["status"] == "input_required"
    name, sure = asked["inputRequests"]
    assert asked["inputRequests"][name]["method"] == "elicitation/create"

    assert {**client.answer(task_id, **{name: NAME}), "_meta": None} == {"resultType": "complete", "_meta": None}
    assert list(client.get(task_id)["inputRequests"]) == [sure]
    run_waiting()
    assert client.get(task_id)["status"] == "input_required"

    client.answer(task_id, **{sure: SURE})
    run_waiting()
    assert client.get(task_id)["result"]["content"][0]["text"] == "Ada: True"


def test_answers_to_what_is_not_asked_are_ignored(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("greet")
    run_waiting()
    asked = client.get(task_id)
    client.answer(task_id, nothing=NAME, name=NAME)
    assert client.get(task_id)["inputRequests"] == asked["inputRequests"]


def test_answer_that_was_given_is_not_replaced(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("greet")
    run_waiting()
    name, sure = client.get(task_id)["inputRequests"]
    client.answer(task_id, **{name: NAME})
    client.answer(task_id, **{name: {"action": "accept", "content": {"name": "Eve"}}, sure: SURE})
    run_waiting()
    assert client.get(task_id)["result"]["content"][0]["text"] == "Ada: True"


def test_answer_that_does_not_fit_is_asked_again_under_another_key(
    client: TaskClient, run_waiting: Callable[[], None]
) -> None:
    task_id = client.begin("greet")
    run_waiting()
    name, sure = client.get(task_id)["inputRequests"]
    client.answer(task_id, **{name: {"action": "accept", "content": {"name": 7}}, sure: SURE})
    run_waiting()
    run_waiting()
    again = client.get(task_id)
    assert again["status"] == "input_required"
    assert "does not fit" in again["statusMessage"]
    assert not {name, sure} & set(again["inputRequests"])
    client.answer(task_id, **dict.fromkeys(again["inputRequests"], NAME))
    run_waiting()
    ended = client.get(task_id)
    assert ended["result"]["content"][0]["text"] == "Ada: True"
    assert "statusMessage" not in ended
