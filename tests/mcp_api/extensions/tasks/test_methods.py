"""`tasks/get`, `tasks/update` and `tasks/cancel` (ext-tasks, specification/draft/tasks.md)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from mcp_types.jsonrpc import INTERNAL_ERROR

from accounts.admin.activity.figures import figures_of
from accounts.admin.activity.weeks import weeks_by_tool
from accounts.admin.dashboard import dashboard
from accounts.models import Event
from mcp_api import Context, ToolError, local, tool
from mcp_api.errors import McpError
from mcp_api.models import Task
from tests.mcp_api.conftest import Caller, error_of, make_caller
from tests.mcp_api.extensions.tasks.conftest import DECLARED, IDENTIFIER, TaskClient
from tests.mcp_api.messages import CAPABILITIES_KEY, meta, modern
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture(autouse=True)
def declared(isolated_registry: None) -> None:
    @tool(task="optional", task_after=0)
    def add_up(numbers: list[int]) -> int:
        return sum(numbers)

    @tool(task="optional", task_after=0)
    def refuse() -> str:
        raise ToolError("Not today.")

    @tool(task="optional", task_after=0)
    def break_off() -> str:
        raise McpError(INTERNAL_ERROR, "The job cannot go on.")

    @tool(task="optional", task_after=0)
    def greet(context: Context) -> str:
        return f"Hello: {context.confirm('Secret question?')}"

    @tool(task="required", task_after=0)
    def only_as_task() -> str:
        return "done"


def test_get_returns_the_state_and_the_result(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("add_up", numbers=[1, 2])
    before = client.get(task_id)
    assert (before["status"], before["resultType"], "result" in before) == ("working", "complete", False)

    run_waiting()

    after = client.get(task_id)
    assert (after["status"], after["result"]["structuredContent"]) == ("completed", {"result": 3})
    assert "requestState" not in after


def test_tool_error_is_a_completed_task(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("refuse")
    run_waiting()
    state = client.get(task_id)
    assert (state["status"], state["result"]["isError"]) == ("completed", True)
    assert state["result"]["content"] == [{"type": "text", "text": "Not today."}]
    assert Task.objects.get().is_error


def test_protocol_error_is_a_failed_task(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("break_off")
    run_waiting()
    state = client.get(task_id)
    assert (state["status"], state["error"]) == ("failed", {"code": -32603, "message": "The job cannot go on."})
    assert state["statusMessage"] == "The job cannot go on."
    assert "result" not in state


def test_arguments_that_do_not_fit_make_no_task(client: TaskClient) -> None:
    result = client.call("add_up", numbers="many")
    assert (result["resultType"], result["isError"]) == ("complete", True)
    assert not Task.objects.exists()


def test_arguments_results_and_questions_are_encrypted(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    client.begin("add_up", numbers=[314159])
    client.begin("greet")
    run_waiting()
    for task in Task.objects.all():
        assert not any(text in str(vars(task)) for text in ("314159", "Secret question?"))


# --- Cancellation --------------------------------------------------------------------------------


def test_cancelled_task_never_runs(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("add_up", numbers=[1])
    assert client.ask("tasks/cancel", taskId=task_id)["resultType"] == "complete"
    run_waiting()
    state = client.get(task_id)
    assert (state["status"], "result" in state, "error" in state) == ("cancelled", False, False)


def test_cancelling_an_ended_task_changes_nothing(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("add_up", numbers=[1])
    run_waiting()
    assert client.ask("tasks/cancel", taskId=task_id)["resultType"] == "complete"
    assert client.get(task_id)["status"] == "completed"


# --- Bad input and other people ------------------------------------------------------------------

METHODS = ("tasks/get", "tasks/update", "tasks/cancel")


def params_of(method: str, task_id: Any) -> dict[str, Any]:
    return {"taskId": task_id, **({"inputResponses": {}} if method == "tasks/update" else {})}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task_id", ["nonsense", "", "0" * 32, "\N{SNOWMAN}", "a\x00b", "1" * 200, "../x"])
def test_unknown_or_malformed_task_id_is_an_invalid_parameter(client: TaskClient, method: str, task_id: str) -> None:
    response = client.send(method, **params_of(method, task_id))
    assert (response.status_code, error_of(response)["code"]) == (400, -32602)


@pytest.mark.parametrize("method", METHODS)
def test_task_of_another_person_is_unknown(client: TaskClient, method: str) -> None:
    task_id = client.begin("add_up", numbers=[1])
    authorization = make_authorization(make_user("eve"), client.caller.client, scope="read write")
    access, _, raw = make_tokens(authorization)
    eve = TaskClient(Caller(access, raw))
    assert eve.error(method, **params_of(method, task_id))["code"] == -32602
    assert client.get(task_id)["status"] == "working"


@pytest.mark.parametrize("method", METHODS)
def test_task_of_another_client_is_unknown(client: TaskClient, method: str) -> None:
    task_id = client.begin("add_up", numbers=[1])
    authorization = make_authorization(client.caller.person, make_client(), scope="read write")
    access, _, raw = make_tokens(authorization)
    other = TaskClient(Caller(access, raw))
    assert other.error(method, **params_of(method, task_id))["code"] == -32602


@pytest.mark.parametrize("method", METHODS)
def test_expired_task_is_unknown(client: TaskClient, method: str) -> None:
    task_id = client.begin("add_up", numbers=[1])
    Task.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.error(method, **params_of(method, task_id))["code"] == -32602


@pytest.mark.parametrize("method", METHODS)
def test_client_that_does_not_declare_the_extension_is_refused(writer: Caller, method: str) -> None:
    plain = TaskClient(writer, {})
    error = plain.error(method, **params_of(method, "gate-test"))
    assert error["code"] == -32021
    assert error["data"] == {"requiredCapabilities": {"extensions": {IDENTIFIER: {}}}}
    assert error["message"] == f"This requires a client with the capability {IDENTIFIER}."


@pytest.mark.parametrize("responses", [None, [], "x", {"a": 1}, {"a": None}])
def test_responses_that_are_no_objects_are_invalid(client: TaskClient, responses: Any) -> None:
    task_id = client.begin("add_up", numbers=[1])
    assert client.error("tasks/update", taskId=task_id, inputResponses=responses)["code"] == -32602


@pytest.mark.parametrize("method", METHODS)
def test_name_header_of_another_task_is_refused(client: TaskClient, method: str) -> None:
    task_id = client.begin("add_up", numbers=[1])
    body, headers = modern(method, {**params_of(method, task_id), "_meta": {**meta(), CAPABILITIES_KEY: DECLARED}})
    assert error_of(client.caller.send(body, {**headers, "Mcp-Name": "another"}))["code"] == -32020


@pytest.mark.parametrize("method", METHODS)
def test_name_header_may_be_missing(client: TaskClient, method: str) -> None:
    """The clients of FastMCP 4 omit it, although SEP-2663 asks for it."""
    task_id = client.begin("add_up", numbers=[1])
    body, headers = modern(method, {**params_of(method, task_id), "_meta": {**meta(), CAPABILITIES_KEY: DECLARED}})
    assert client.caller.send(body, headers).status_code == 200


# --- The call itself -----------------------------------------------------------------------------


def test_client_without_the_extension_gets_an_ordinary_result(writer: Caller) -> None:
    assert TaskClient(writer, {}).call("add_up", numbers=[1, 2])["structuredContent"] == {"result": 3}
    assert not Task.objects.exists()


def test_tool_that_requires_tasks_refuses_other_clients(writer: Caller) -> None:
    error = TaskClient(writer, {}).error("tools/call", name="only_as_task", arguments={})
    assert (error["code"], error["data"]) == (-32021, {"requiredCapabilities": {"extensions": {IDENTIFIER: {}}}})


def test_tool_that_requires_tasks_stays_unknown_without_its_scope(tools: Any) -> None:
    tool(name="hidden", task="required", permission="auth.nothing")(lambda: None)
    caller = make_caller(scope="read write")
    assert TaskClient(caller, {}).error("tools/call", name="hidden", arguments={})["code"] == -32602


def test_person_has_a_limited_number_of_live_tasks(client: TaskClient, settings: Any) -> None:
    settings.TASKS_OF_PERSON = 2
    client.begin("add_up", numbers=[1])
    client.begin("add_up", numbers=[1])
    error = client.error("tools/call", name="add_up", arguments={"numbers": [1]})
    assert (error["code"], Task.objects.count()) == (-32600, 2)


def test_both_the_call_and_the_run_have_an_event(client: TaskClient, run_waiting: Callable[[], None]) -> None:
    task_id = client.begin("add_up", numbers=[1])
    run_waiting()
    events = Event.objects.filter(kind=Event.Kind.MCP, action="tools/call add_up").order_by("pk")
    assert [event.outcome for event in events] == ["ok", "ok"]
    assert [event.reason for event in events] == ["task_created", ""]
    assert [event.detail for event in events] == [f"Task {task_id}"] * 2


def test_task_counts_as_one_call_in_the_figures_of_its_tool(
    client: TaskClient, run_waiting: Callable[[], None]
) -> None:
    client.begin("add_up", numbers=[1])
    assert weeks_by_tool(["add_up"])["add_up"].this.total == 0
    run_waiting()
    calls = Event.objects.filter(action="tools/call add_up")
    assert (weeks_by_tool(["add_up"])["add_up"].this.total, figures_of(calls).whole.total) == (1, 1)
    assert dashboard().calls == 1


def test_command_line_and_tools_page_call_a_tool_that_requires_tasks(client: TaskClient) -> None:
    principal = local.principal_of(client.caller.person, local.TOOLS_PAGE)
    result = local.send_request(principal, "tools/call", {"name": "only_as_task", "arguments": {}})
    assert result["content"][0]["text"] == "done"
