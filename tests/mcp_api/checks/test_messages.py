"""The messages of single checks, and declarations that are correct."""

import functools
import inspect
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accounts import scopes
from accounts.models import User
from mcp_api import prompt, resource, scope, search, tool
from tests.mcp_api.checks.functions import (
    fine,
    ours,
    returning_a_model,
    with_an_odd_type,
)

pytestmark = pytest.mark.usefixtures("isolated_registry")


def test_name_that_is_taken_says_where_the_other_is_declared() -> None:
    @tool(name="same")
    def first(title: str = "") -> str:
        """Do as it should."""
        return title

    @functools.wraps(first)
    def wrapped(title: str = "") -> str:
        return first(title)

    line = first.__code__.co_firstlineno
    prompt(name="same")(wrapped)
    resource("a://same")(lambda: "")
    for declare in (tool(name="same"), prompt(name="same"), resource("a://same")):
        declare(fine)
    told = [message.msg for message in ours() if message.id == "mcp_api.E001"]
    assert told == [
        f"Two tools are called 'same'. The other is declared at {__name__}:{line}.",
        f"Two prompts are called 'same'. The other is declared at {__name__}:{line}.",
        f"Two resources are at 'a://same'. The other is declared at {__name__}:{line + 11}.",
    ]


def test_search_of_a_name_that_is_taken_says_where_the_other_is_declared() -> None:
    line = inspect.currentframe().f_lineno  # type: ignore[union-attr]
    for _ in range(2):
        search("find_people", User.objects.all(), columns=["username"])
    [message] = ours()
    assert message.msg == f"Two tools are called 'find_people'. The other is declared at {__name__}:{line + 2}."


@pytest.mark.parametrize("declare", [tool, prompt, resource("a://people")], ids=["tool", "prompt", "resource"])
def test_hint_for_a_model_as_a_result_names_what_to_return_instead(declare: Callable[[Any], Any]) -> None:
    declare(returning_a_model)
    [message] = ours()
    for way in (".values(", "pydantic model", "search(", "expose("):
        assert way in str(message.hint)


def test_type_without_a_schema_is_named_without_advice_for_other_cases() -> None:
    tool(with_an_odd_type)
    [message] = ours()
    assert "arbitrary_types_allowed" not in message.msg
    assert "\n" not in message.msg
    assert message.msg.startswith("A type of with_an_odd_type has no JSON Schema: ")


def test_prompt_takes_what_can_be_read_from_text() -> None:
    @prompt
    def plan(day: date, count: int | None = None, sure: bool = False, anything: Any = None) -> str:
        """Plan a day."""
        return f"{day} {count} {sure} {anything}"

    assert ours() == []


def test_search_takes_a_manager() -> None:
    search("people", User.objects, columns=["username"])
    assert ours() == []


def test_own_scope_is_known() -> None:
    scope("library:lend", "Lend books on your behalf")
    tool(scopes="library:lend")(fine)
    assert ours() == []
    assert "library:lend" in scopes.names(of_resource_only=True)


def test_permission_of_an_installed_model_is_known() -> None:
    tool(permission=["oauth_mcp.view_client", "oauth_mcp.add_user"])(fine)
    assert ours() == []
