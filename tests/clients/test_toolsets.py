"""Real clients sign in at two toolsets, with one sign-in in the browser and a consent for each, and see other tools."""

from collections.abc import Iterator

import pytest

from tests.clients.nodejs import Driver
from tests.clients.python_sdk import Desk, both_eras, text_of
from tests.support.servers.server import LiveServer

MAKE = """
from mcp_api.models import Toolset
Toolset.objects.create(name="clock", title="Clock", instructions="About time.", include="get_time")
Toolset.objects.create(name="people", title="People", include="get_user_info")
"""


@pytest.fixture
def toolsets(server: LiveServer) -> Iterator[None]:
    server.shell(MAKE)
    yield
    server.shell("from mcp_api.models import Toolset; Toolset.objects.all().delete()")


@both_eras
def test_python_sdk_has_other_tools_at_each_toolset(server: LiveServer, toolsets: None, mode: str) -> None:
    clock, people, everything = Desk(server, toolset="clock"), Desk(server, toolset="people"), Desk(server)
    people.person = everything.person = clock.person

    def tools(desk: Desk) -> set[str]:
        return {tool.name for tool in desk.use(mode, lambda client: client.list_tools()).tools}

    assert tools(clock) == {"get_time"}
    assert tools(people) == {"get_user_info"}
    assert {"echo", "get_time", "get_user_info"} <= tools(everything)
    assert "demo" in text_of(people.use(mode, lambda client: client.call_tool("get_user_info", {})))
    assert (clock.sign_ins, people.sign_ins, everything.sign_ins) == (1, 1, 1)


@pytest.mark.any_database
@both_eras
def test_python_sdk_is_told_the_toolsets_title(server: LiveServer, toolsets: None, mode: str) -> None:
    async def told(client: object) -> tuple[str | None, str | None]:
        return client.server_info.title, client.instructions  # type: ignore[attr-defined]

    assert Desk(server, toolset="clock").use(mode, told) == ("Clock", "About time.")


@pytest.mark.any_database
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_typescript_client_has_other_tools_at_each_toolset(
    server: LiveServer, toolsets: None, node_packages: None, mode: str
) -> None:
    for name, tool in (("clock", "get_time"), ("people", "get_user_info")):
        with Driver("client-2.mjs", server, mode, url=f"{server.mcp_url}/{name}") as driver:
            driver.ask("connect")
            assert [each["name"] for each in driver.ask("tools")] == [tool]
            assert driver.sign_ins == 1
