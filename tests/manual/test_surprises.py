"""Statements of docs/writing-tools.md and docs/testing-tools.md on defaults, errors and limits that may surprise."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from django.http import Http404
from pydantic import Field

from accounts.models import User
from accounts.scopes import preview_for
from mcp_api import ToolError, prompt, resource, tool
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.testing import McpClient, McpClientError
from tests.mcp_api.conftest import put_back
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def isolated_registry() -> Iterator[None]:
    with put_back(registry.tools), put_back(resources.resources), put_back(prompts.prompts):
        yield


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def test_token_with_the_scope_read_can_call_a_bare_tool_that_writes(ada: User) -> None:
    @tool
    def rename_everybody() -> int:
        """Give everybody another name."""
        return User.objects.update(first_name="Grace")

    client = McpClient(ada, scopes=["read"])
    assert client.call("rename_everybody").data == User.objects.filter(first_name="Grace").count() == 1
    [opened] = [each for each in preview_for(ada)(["read"], client.client)["read"] if each.name == "rename_everybody"]
    assert opened.does == "destroys"


def test_exceptions_of_django_for_people_are_told_as_text(ada: User) -> None:
    @tool(read_only=True)
    def missing() -> str:
        """Find nothing."""
        raise Http404("There is no such book.")

    result = McpClient(ada).call("missing")
    assert result.is_error
    assert result.text == "There is no such book."


def test_tool_without_a_return_type_gives_text_alone(ada: User) -> None:
    @tool(read_only=True)
    def plain():
        """Return a dict."""
        return {"a": 1}

    result = McpClient(ada).call("plain")
    assert (result.text, result.data) == ('{"a":1}', None)


def test_error_of_a_resource_or_a_prompt_is_one_of_the_protocol(ada: User) -> None:
    @resource("library://broken")
    def broken() -> str:
        """Fail."""
        raise ToolError("Out of order.")

    @prompt
    def dull() -> str:
        """Fail."""
        raise ToolError("Out of ideas.")

    client = McpClient(ada)
    for ask, said in ((lambda: client.read("library://broken"), "order"), (lambda: client.prompt("dull"), "ideas")):
        with pytest.raises(McpClientError, match=said) as refused:
            ask()
        assert refused.value.code == -32602


def test_tool_with_an_argument_in_a_header_is_not_for_the_test_client(ada: User) -> None:
    @tool(read_only=True)
    def where(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
        """Say where."""
        return region

    with pytest.raises(McpClientError, match="Mcp-Param-Region"):
        McpClient(ada).call("where", region="north")
