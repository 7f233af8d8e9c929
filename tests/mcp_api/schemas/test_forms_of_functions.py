"""Functions that could be declared but whose values no client would get."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from mcp_api import Context, prompt, resource, tool
from mcp_api.testing import McpClient
from tests.mcp_api.conftest import misdeclared
from tests.support.factories import make_user

pytestmark = pytest.mark.usefixtures("isolated_registry")


def generate(text: str) -> Iterator[str]:
    """Generate."""
    yield text


async def generate_later(text: str) -> AsyncIterator[str]:
    """Generate."""
    yield text


@pytest.mark.parametrize("function", [generate, generate_later])
@pytest.mark.parametrize("declare", [tool, prompt, resource("generated://{text}")])
def test_generator_is_refused_at_start_up(declare: Callable[..., Any], function: Callable[..., Any]) -> None:
    with misdeclared("mcp_api.E021", match="is a generator"):
        declare(function)


@pytest.mark.parametrize("kind", [bytes, bytearray, bytes | None, list[bytes], dict[str, tuple[bytes, int]]])
def test_bytes_in_a_result_are_refused_at_start_up(kind: Any) -> None:
    def draw(): ...

    draw.__annotations__["return"] = kind
    with misdeclared("mcp_api.E005", match="draw returns .*, and JSON has no form for bytes"):
        tool(draw)


def test_two_contexts_are_refused_at_start_up() -> None:
    def ask(one: Context, two: Context | None = None) -> str:
        return ""

    with misdeclared("mcp_api.E003", match="two Contexts, one and two"):
        tool(ask)


@pytest.mark.django_db
def test_plain_decorator_around_an_async_tool_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    @tool
    @logged
    async def later(text: str) -> str:
        """Do it later."""
        return text

    assert McpClient(make_user()).call("later", text="a").is_error
    assert "later returned a coroutine: a decorator around the async function is a plain function" in caplog.text
