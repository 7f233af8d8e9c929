"""Limits that an author asks for: numbers of seconds that can pass, and no other."""

from typing import Any

import pytest

from mcp_api import Context, expose, prompt, resource, search, tool
from mcp_api.registry.primitive import validated_timeout
from tests.library.models import Book
from tests.library.views import BookViewSet
from tests.mcp_api.conftest import misdeclared

pytestmark = pytest.mark.usefixtures("isolated_registry")

NONE_AT_ALL = [0, -1, -1.0, -0.5, float("nan"), float("inf"), float("-inf"), True, False, "5"]


def declare_tool(timeout: Any) -> None:
    @tool(timeout=timeout)
    def slow(text: str) -> str:
        """Take a while."""
        return text


def declare_resource(timeout: Any) -> None:
    @resource("slow://a", timeout=timeout)
    def slow(context: Context) -> str:
        """Take a while."""
        return ""


def declare_prompt(timeout: Any) -> None:
    @prompt(timeout=timeout)
    def slow(text: str) -> str:
        """Take a while."""
        return text


def declare_search(timeout: Any) -> None:
    search("slow", Book.objects.all(), columns=["title"], timeout=timeout)


def declare_view(timeout: Any) -> None:
    expose(BookViewSet, actions=["list"], name="slow", timeout=timeout)


@pytest.mark.parametrize("timeout", NONE_AT_ALL, ids=repr)
@pytest.mark.parametrize("declare", [declare_tool, declare_resource, declare_prompt, declare_search, declare_view])
def test_invalid_time_limit_is_reported_at_start_up(declare: Any, timeout: Any) -> None:
    with misdeclared("mcp_api.E012", match="timeout must be a positive number of seconds, or None, not"):
        declare(timeout)


@pytest.mark.parametrize("timeout", [None, 1, 0.5, 10**400])
def test_any_time_above_nothing_is_a_limit(timeout: Any) -> None:
    assert validated_timeout(timeout) == timeout
