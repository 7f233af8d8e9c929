"""Titles and descriptions that are lazy (gettext_lazy): each client gets them in its language."""

from typing import Annotated, Any

import pytest
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, Field

from mcp_api import prompt, resource, tool
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import Caller, result_of
from tests.mcp_api.messages import modern

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


class Day(BaseModel):
    name: Annotated[str, Field(description=gettext_lazy("Monday"))]


def listed(caller: Caller, method: str, member: str, name: str, language: str) -> Any:
    body, headers = modern(method)
    entries = result_of(caller.send(body, {**headers, "Accept-Language": language}))[member]
    return next(each for each in entries if each["name"] == name)


@pytest.mark.parametrize(("language", "monday", "may"), [("de", "Montag", "Mai"), ("en", "Monday", "May")])
def test_texts_of_each_kind_are_in_the_language_of_the_client(
    caller: Caller, language: str, monday: str, may: str
) -> None:
    title, description = gettext_lazy("Monday"), gettext_lazy("May")

    @tool(title=title, description=description, meta={"label": gettext_lazy("May")})
    def plan(day: Annotated[str, Field(description=gettext_lazy("Monday"))]) -> Day:
        raise AssertionError

    prompt(name="days", title=title, description=description)(lambda: "")
    resource("library://days", name="days", title=title, description=description)(lambda: "")
    resource("library://days/{day}", name="day", title=title, description=description)(lambda day: "")

    found = listed(caller, "tools/list", "tools", "plan", language)
    assert (found["title"], found["description"], found["_meta"]) == (monday, may, {"label": may})
    assert found["inputSchema"]["properties"]["day"]["description"] == monday
    assert found["outputSchema"]["properties"]["name"]["description"] == monday
    for method, member, name in (
        ("prompts/list", "prompts", "days"),
        ("resources/list", "resources", "days"),
        ("resources/templates/list", "resourceTemplates", "day"),
    ):
        found = listed(caller, method, member, name, language)
        assert (found["title"], found["description"]) == (monday, may)


def test_description_of_the_decorator_comes_before_the_docstring(tools: dict[str, Tool]) -> None:
    @tool(description="Say it.")
    def plan() -> str:
        """For developers."""
        return ""

    assert tools["plan"].description == "Say it."


def test_schema_that_was_listed_may_be_changed_by_its_reader(tools: dict[str, Tool]) -> None:
    """It is computed once."""

    @tool
    def plan(days: list[int]) -> Day:
        raise AssertionError

    for schema in (tools["plan"].arguments, tools["plan"].result):
        assert schema is not None
        before = schema.json_schema()
        schema.json_schema()["properties"].clear()
        assert schema.json_schema() == before
        assert before["properties"]
