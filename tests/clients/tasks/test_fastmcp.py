"""FastMCP's client, with tasks as one of its `extensions`, and a client that omits Mcp-Name as its own tasks do."""

import webbrowser
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from fastmcp import Client
from fastmcp.client.auth import OAuth
from key_value.aio.stores.memory import MemoryStore

from tests.clients.desktop import Desktop
from tests.clients.tasks import extension
from tests.clients.tasks.extension import Tasks
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.filterwarnings("ignore:Using in-memory token storage")
Use = Callable[[Callable[["Client[Any]"], Awaitable[Any]]], Any]


@pytest.fixture
def tasks() -> Tasks:
    return Tasks()


@pytest.fixture
def use(server: LiveServer, desktop: Desktop, monkeypatch: pytest.MonkeyPatch, tasks: Tasks) -> Use:
    """Connect, do something, and return what came of it."""
    monkeypatch.setattr(webbrowser, "open", desktop.open)

    def connect(do: Callable[["Client[Any]"], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            oauth = OAuth(server.mcp_url, token_storage=MemoryStore(), client_name="fastmcp test")
            options = {"extensions": [tasks], "elicitation_handler": extension.elicit}
            async with Client(server.mcp_url, auth=oauth, **options) as client:
                return await do(client)

        return anyio.run(main)

    return connect


def test_fastmcp_follows_a_task_with_progress_and_questions_to_its_result(use: Use, tasks: Tasks) -> None:
    result = use(lambda client: client.call_tool("plan", {"days": 10}))

    assert result.content[0].text == "10 days in Oslo"
    assert tasks.statuses == ["working", "input_required", "working", "completed"]
    assert any(message.startswith("Planned day ") for message in tasks.messages)


def test_fastmcp_gets_the_structured_result_of_a_task(use: Use) -> None:
    assert use(lambda client: client.call_tool("count", {"to": 2})).structured_content == {"result": 2}


def test_fastmcp_follows_a_task_without_the_header_mcp_name(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests of its package fastmcp_tasks 4 name no `name_param`, so that the header is missing."""
    for request in (extension.GetTask, extension.UpdateTask):
        monkeypatch.setattr(request, "name_param", None)
    assert use(lambda client: client.call_tool("plan", {"days": 1})).content[0].text == "1 days in Oslo"


def test_fastmcp_gets_a_quick_result_at_once(use: Use, tasks: Tasks) -> None:
    assert use(lambda client: client.call_tool("wait", {"seconds": 0})).content[0].text == "waited"
    assert tasks.states == []
