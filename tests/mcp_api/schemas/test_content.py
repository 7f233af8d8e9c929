"""Content that a tool returns as it is: text, images, audio, resources, links (spec: server/tools)."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, NewType

import pytest
from django.contrib.auth.models import Group
from mcp_types import CallToolResult, ImageContent, ResourceLink, TextContent

from accounts.models import Event
from mcp_api import audio, embedded, image, tool
from mcp_api.registry.tools import Tool
from mcp_api.schemas.content import Block, is_content
from tests.mcp_api.conftest import Caller, result_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tools")]

PNG = {"type": "image", "data": "cG5n", "mimeType": "image/png"}
Cover = NewType("Cover", ImageContent)
LINK = ResourceLink(type="resource_link", uri="library://rules", name="rules")


def test_each_kind_of_content_reaches_the_client(caller: Caller) -> None:
    @tool
    def show() -> list[Block | str]:
        return ["See:", image(b"png"), audio(b"wav"), embedded("a://b", "text"), embedded("a://c", b"\x00"), LINK]

    result = caller.call("show")
    kinds = [block["type"] for block in result["content"]]
    assert kinds == ["text", "image", "audio", "resource", "resource", "resource_link"]
    assert result["content"][1] == {"type": "image", "data": "cG5n", "mimeType": "image/png"}
    assert result["content"][4]["resource"]["blob"] == "AA=="
    assert "structuredContent" not in result


def test_content_has_no_output_schema(caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    def draw() -> ImageContent:
        return image(b"png")

    [described] = [each for each in result_of(caller.modern("tools/list"))["tools"] if each["name"] == "draw"]
    assert "outputSchema" not in described
    assert caller.call("draw")["content"] == [{"type": "image", "data": "cG5n", "mimeType": "image/png"}]


def test_content_may_be_returned_without_saying_so(caller: Caller) -> None:
    tool(name="draw")(lambda: [image(b"png")])
    assert caller.call("draw")["content"][0]["type"] == "image"


@pytest.mark.parametrize(
    ("annotation", "content"),
    [
        (ImageContent, True),
        (list[ImageContent], True),
        (Block, True),
        (list[Block | str], True),
        (list[ImageContent] | TextContent, True),
        (ImageContent | None, True),
        (tuple[str, ImageContent], True),
        (tuple[ImageContent, ...], True),
        (Annotated[ImageContent, "of a book"], True),
        (Sequence[ImageContent], True),
        (Iterable[ImageContent | str], True),
        (Cover, True),
        (Literal["none"] | ImageContent, True),
        (CallToolResult, True),
        (CallToolResult | str, True),
        (str | None, False),
        (str, False),
        (list[str], False),
        (dict[str, Any], False),
        (list[ImageContent | int], False),
    ],
)
def test_what_counts_as_content(annotation: Any, content: bool) -> None:
    assert is_content(annotation) == content


def test_content_that_may_be_missing_is_content_or_nothing(caller: Caller) -> None:
    @tool
    def draw(there: bool) -> ImageContent | None:
        return image(b"png") if there else None

    assert caller.call("draw", there=True)["content"] == [PNG]
    assert caller.call("draw", there=False) == {**caller.call("draw", there=False), "content": []}


def test_tuple_of_a_text_and_an_image_is_content(caller: Caller) -> None:
    @tool
    def draw() -> tuple[str, ImageContent]:
        return "See:", image(b"png")

    tool(name="undeclared")(lambda: ("See:", image(b"png")))
    for name in ("draw", "undeclared"):
        assert caller.call(name)["content"] == [{"type": "text", "text": "See:"}, PNG]


def test_value_of_any_type_is_content_or_structured(caller: Caller) -> None:
    @tool
    def show(what: str) -> list[Any]:
        return [image(b"png"), "a"] if what == "image" else [1, "a"]

    [described] = [each for each in result_of(caller.modern("tools/list"))["tools"] if each["name"] == "show"]
    assert "outputSchema" not in described
    assert caller.call("show", what="image")["content"] == [PNG, {"type": "text", "text": "a"}]
    result = caller.call("show", what="numbers")
    assert result["content"] == [{"type": "text", "text": '[1,"a"]'}]
    assert result["structuredContent"] == {"result": [1, "a"]}


@pytest.mark.parametrize(
    "annotation",
    [
        list,
        tuple,
        list[ImageContent | int],
        Sequence[ImageContent],
        Iterator[ImageContent],
        ImageContent | dict[str, Any],
    ],
)
def test_content_is_content_whatever_else_may_be_returned(caller: Caller, annotation: Any) -> None:
    def draw(): ...

    drawn: Any = iter([image(b"png")]) if annotation == Iterator[ImageContent] else (image(b"png"),)
    draw.__annotations__["return"] = annotation
    tool(name="draw")(functools.wraps(draw)(lambda: drawn))
    result = caller.call("draw")
    assert result["content"] == [PNG]
    assert "structuredContent" not in result


def test_list_without_content_is_structured(caller: Caller) -> None:
    @tool
    def numbers() -> list:
        return [1, 2]

    assert caller.call("numbers")["structuredContent"] == {"result": [1, 2]}


def test_image_or_data_is_what_the_value_is(caller: Caller) -> None:
    @tool
    def show(what: str) -> ImageContent | dict[str, int]:
        return image(b"png") if what == "image" else {"pages": 7}

    assert caller.call("show", what="image")["content"] == [PNG]
    assert caller.call("show", what="data")["structuredContent"] == {"pages": 7}


def test_whole_result_is_sent_as_it_is(caller: Caller) -> None:
    @tool
    def show() -> CallToolResult:
        text = TextContent(type="text", text="Two books.")
        return CallToolResult(content=[text], structured_content={"count": 2})

    result = caller.call("show")
    assert result["content"] == [{"type": "text", "text": "Two books."}]
    assert result["structuredContent"] == {"count": 2}
    assert not result.get("isError")


def test_whole_result_that_is_an_error_is_one_and_its_writes_are_rolled_back(caller: Caller) -> None:
    @tool
    def rename() -> CallToolResult:
        Group.objects.create(name="written")
        return CallToolResult(content=[TextContent(type="text", text="No such book.")], is_error=True)

    result = caller.call("rename")
    assert result["isError"] is True
    assert result["content"] == [{"type": "text", "text": "No such book."}]
    assert not Group.objects.filter(name="written").exists()
    event = Event.objects.get(action="tools/call rename")
    assert (event.outcome, event.reason) == ("failed", "tool_error")


def test_whole_result_with_a_number_that_json_lacks_is_a_defect(caller: Caller) -> None:
    @tool
    def measure() -> CallToolResult:
        return CallToolResult(content=[], structured_content={"ratio": float("nan")})

    result = caller.call("measure")
    assert result["isError"] is True
    assert "operator" in result["content"][0]["text"]
