"""The Python SDK's client: its extensions claim the results of tasks, and resolve them."""

import time

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client.session import ClientSession
from mcp_types import CallToolResult

from tests.clients.expiry import expire_access_tokens
from tests.clients.python_sdk import Desk, both_eras, text_of
from tests.clients.tasks.extension import Tasks, cancel, elicit
from tests.support.servers.server import LiveServer


@pytest.fixture
def desk(server: LiveServer) -> Desk:
    return Desk(server)


async def plan(client: Client) -> CallToolResult:
    return await client.call_tool("plan", {"days": 10})


def test_the_sdk_follows_a_task_with_progress_and_questions_to_its_result(desk: Desk) -> None:
    tasks = Tasks()

    result = desk.use("auto", plan, extensions=[tasks], elicitation_callback=elicit)

    assert text_of(result) == "10 days in Oslo"
    assert tasks.statuses == ["working", "input_required", "working", "completed"]
    assert any(message.startswith("Planned day ") for message in tasks.messages)


def test_structured_result_of_a_task_fits_the_schema_that_the_sdk_checks(desk: Desk) -> None:
    result = desk.use("auto", lambda client: client.call_tool("count", {"to": 3}), extensions=[Tasks()])
    assert result.structured_content == {"result": 3}


def test_the_sdk_cancels_a_task(desk: Desk) -> None:
    tasks = Tasks(meanwhile=cancel)
    result = desk.use("auto", lambda client: client.call_tool("count", {"to": 100}), extensions=[tasks])
    assert (result.is_error, tasks.states[-1].status) == (True, "cancelled")


def test_the_sdk_refreshes_its_token_while_a_task_runs(desk: Desk, server: LiveServer) -> None:
    async def expire(session: ClientSession, task_id: str) -> None:
        await anyio.to_thread.run_sync(expire_access_tokens, server, desk.client_id)
        desk.provider.context.token_expiry_time = time.time() - 1

    result = desk.use("auto", plan, extensions=[Tasks(meanwhile=expire)], elicitation_callback=elicit)

    assert text_of(result) == "10 days in Oslo"
    assert desk.sign_ins == 1


@both_eras
def test_the_sdk_without_the_extension_gets_an_ordinary_result_with_progress(desk: Desk, mode: str) -> None:
    told: list[str | None] = []

    async def count(client: Client) -> CallToolResult:
        async def progress(progress: float, total: float | None, message: str | None) -> None:
            told.append(message)

        return await client.call_tool("count", {"to": 3}, progress_callback=progress)

    assert desk.use(mode, count).structured_content == {"result": 3}
    assert "Counted to 1" in told


def test_the_legacy_sdk_declares_tasks_in_vain(desk: Desk) -> None:
    tasks = Tasks()
    result = desk.use("legacy", lambda client: client.call_tool("count", {"to": 1}), extensions=[tasks])
    assert (result.structured_content, tasks.states) == ({"result": 1}, [])


@both_eras
def test_the_sdk_is_told_the_capability_that_a_tool_requires(desk: Desk, mode: str) -> None:
    async def call(client: Client) -> MCPError:
        with pytest.raises(MCPError) as raised:
            await client.call_tool("only_as_task", {})
        return raised.value

    assert desk.use(mode, call).error.code == -32021
