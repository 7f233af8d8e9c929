"""Prefixes of the names of an app's tools and prompts."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from mcp_api import prompt, search, tool
from mcp_api.registry.prompts import prompts
from mcp_api.registry.tools import tools
from mcp_api.schemas import declaration_errors
from tests.mcp_api.conftest import Caller, misdeclared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


def declared_in(module: str) -> Any:
    """Return a function `find` of `module`."""

    def find() -> str:
        """Find it."""
        return module

    find.__module__, find.__name__ = module, "find"
    return find


def test_two_apps_have_tools_of_one_name(settings: Settings, caller: Caller) -> None:
    settings.TOOL_PREFIXES = {"library": "library_"}
    tool(declared_in("shop.mcp_tools"))
    tool(declared_in("library.mcp_tools"))
    assert caller.call("find")["structuredContent"] == {"result": "shop.mcp_tools"}
    assert caller.call("library_find")["structuredContent"] == {"result": "library.mcp_tools"}
    assert tools["library_find"].title == "Find"


def test_prefix_is_for_prompts_and_for_names_of_the_author_too(settings: Settings) -> None:
    settings.TOOL_PREFIXES = {"library": "library_"}
    tool(name="look")(declared_in("library.mcp_tools"))
    prompt(declared_in("library.mcp_tools"))
    assert "library_look" in tools
    assert (prompts["library_find"].title, "find" in prompts) == ("Find", False)


def test_prefix_is_for_the_module_that_declares_a_search(settings: Settings) -> None:
    settings.TOOL_PREFIXES = {"tests": "tests_"}
    search("people", User.objects.all(), columns=["username"])
    assert "tests_people" in tools


def test_prefix_of_an_app_within_another_comes_first(settings: Settings) -> None:
    settings.TOOL_PREFIXES = {"shop": "a_", "shop.stock": "b_", "sho": "c_"}
    for module in ("shop.mcp_tools", "shop.stock.mcp_tools", "shopping.mcp_tools"):
        tool(declared_in(module))
    assert {"a_find", "b_find", "find"} <= set(tools)


def test_name_that_is_taken_is_reported_with_both_remedies() -> None:
    tool(declared_in("shop.mcp_tools"))
    with misdeclared("mcp_api.E001", match=r"Two tools are called 'find'. The other is declared at shop\.mcp_tools:"):
        tool(declared_in("library.mcp_tools"))
        assert "name=, or their app a prefix: TOOL_PREFIXES=library=library_." in str(
            declaration_errors.errors[-1].hint
        )
