"""Lists come a page at a time, by cursors that stay good while entries come and go."""

from typing import Any

import pytest
from pytest_django import Settings

from mcp_api import tool
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import Caller, error_of, result_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_a_page(settings: Settings) -> None:
    settings.LIST_PAGE_SIZE = 3


def offer(*names: str) -> None:
    for name in names:
        tool(name=name)(lambda: None)


def listed(caller: Caller, cursor: str | None = None) -> tuple[list[str], str | None]:
    result = result_of(caller.modern("tools/list", {"cursor": cursor} if cursor else {}))
    return [entry["name"] for entry in result["tools"]], result.get("nextCursor")


def test_every_tool_is_on_one_page(caller: Caller, tools: dict[str, Tool]) -> None:
    tools.clear()
    offer("f", "a", "c", "b", "e", "d", "g")
    first, cursor = listed(caller)
    second, next_cursor = listed(caller, cursor)
    third, end = listed(caller, next_cursor)
    assert [first, second, third, end] == [["a", "b", "c"], ["d", "e", "f"], ["g"], None]


def test_a_full_last_page_ends_the_list(caller: Caller, tools: dict[str, Tool]) -> None:
    tools.clear()
    offer("a", "b", "c")
    assert listed(caller) == (["a", "b", "c"], None)


def test_a_cursor_stays_good_while_tools_come_and_go(caller: Caller, tools: dict[str, Tool]) -> None:
    tools.clear()
    offer("a", "b", "c", "d", "e")
    _, cursor = listed(caller)
    del tools["c"]
    offer("aa")
    assert listed(caller, cursor) == (["d", "e"], None)


@pytest.mark.parametrize("cursor", ["", "nonsense", "YQ==", "YWZ0ZXI6/w==", "\N{SNOWMAN}", "YmVmb3JlOmE="])
@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/list", "resources/templates/list"])
def test_a_cursor_that_we_never_gave_is_an_invalid_parameter(caller: Caller, method: str, cursor: str) -> None:
    response: Any = caller.modern(method, {"cursor": cursor})
    assert (response.status_code, error_of(response)["code"]) == (400, -32602)
