"""Forms of structured data: text for models, structured content for programs, or both."""

import pytest
from pytest_django import Settings

from mcp_api import Context, tool
from mcp_api.registry.tools import ResultForm, Tool
from tests.mcp_api.conftest import Caller, result_of
from tests.mcp_api.messages import modern

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]
ROW = {"title": "Emma"}
TEXT = [{"type": "text", "text": '{"title":"Emma"}'}]


def declare(form: ResultForm | None) -> None:
    @tool(result_form=form)
    def find() -> dict[str, str]:
        return ROW


def listed(caller: Caller) -> dict[str, object]:
    tools = result_of(caller.modern("tools/list"))["tools"]
    return next(each for each in tools if each["name"] == "find")


@pytest.mark.parametrize("by_setting", [True, False])
@pytest.mark.parametrize("form", ["both", "text", "structured"])
def test_data_leaves_in_the_form_that_was_chosen(
    caller: Caller, settings: Settings, form: ResultForm, by_setting: bool
) -> None:
    if by_setting:
        settings.RESULT_FORM = form
    declare(None if by_setting else form)
    result = caller.call("find")
    assert result["content"] == ([] if form == "structured" else TEXT)
    assert result.get("structuredContent") == (None if form == "text" else ROW)
    # A tool with an output schema must have structured results.
    assert ("outputSchema" in listed(caller)) == (form != "text")


@pytest.mark.parametrize(("version", "content"), [("2025-03-26", TEXT), ("2025-06-18", [])])
def test_clients_that_know_no_structured_content_get_text_in_any_form(
    caller: Caller, version: str, content: list[object]
) -> None:
    declare("structured")
    response = caller.legacy("tools/call", {"name": "find", "arguments": {}}, version=version)
    assert result_of(response)["content"] == content


def test_meta_of_a_tool_is_listed_and_that_of_a_request_is_in_the_context(
    caller: Caller, tools: dict[str, Tool]
) -> None:
    @tool(meta={"example.com/kind": {"a": [1]}})
    def find(context: Context) -> dict[str, object]:
        return {"trace": context.meta["example.com/trace"], "other": context.meta.get("none")}

    assert listed(caller)["_meta"] == {"example.com/kind": {"a": [1]}}
    body, headers = modern("tools/call", {"name": "find"})
    body["params"]["_meta"]["example.com/trace"] = "t1"
    assert result_of(caller.send(body, headers))["structuredContent"] == {"trace": "t1", "other": None}
    legacy = caller.legacy("tools/call", {"name": "find", "_meta": {"example.com/trace": "t2"}})
    assert result_of(legacy)["structuredContent"] == {"trace": "t2", "other": None}
