"""Content that a tool returns as it is: text, images, audio, resources, links (spec: server/tools)."""

from typing import Any

import pytest
from mcp_types import ImageContent, ResourceLink, TextContent

from mcp_api import audio, embedded, image, tool
from mcp_api.registry.tools import Tool
from mcp_api.schemas.content import Block, is_content
from tests.mcp_api.conftest import Caller, result_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tools")]

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
        (str, False),
        (list[str], False),
        (dict[str, Any], False),
        (list[ImageContent | int], False),
    ],
)
def test_what_counts_as_content(annotation: Any, content: bool) -> None:
    assert is_content(annotation) == content
