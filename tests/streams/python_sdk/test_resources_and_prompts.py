"""The official Python SDK's client reads resources, and fills in and completes prompts, in both eras."""

from typing import Any

import mcp_types
import pytest
from mcp_types import (
    BlobResourceContents,
    EmbeddedResource,
    ImageContent,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)

from tests.streams.python_sdk.guest import Guest, refusal

# The SDK warns of what the modern era is about to leave behind, which is just what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


def test_resources_are_listed_and_read(use: Any):
    async def read(guest: Guest) -> tuple[set[str], set[str], list[Any]]:
        listed = {str(each.uri) for each in (await guest.client.list_resources()).resources}
        templates = {each.uri_template for each in (await guest.client.list_resource_templates()).resource_templates}
        uris = (
            *("test://static-text", "test://static-binary", "test://template/7/data"),
            *("news://sport/at", "news://sport/at/town?hour=9"),
        )
        contents = [content for uri in uris for content in (await guest.client.read_resource(uri)).contents]
        return listed, templates, contents

    listed, templates, (text, binary, made, *local) = use(read)
    assert {"test://static-text", "test://static-binary"} <= listed
    assert {"test://template/{id}/data", "news://{topic}"} <= templates
    assert isinstance(text, TextResourceContents)
    assert isinstance(binary, BlobResourceContents)
    assert [each.text for each in local] == ["sport at home, today at 12", "sport at town, today at 9"]
    assert '"id": "7"' in made.text or '"id":"7"' in made.text


def test_unknown_resource_is_an_error_of_the_request(use: Any, mode: str):
    error = refusal(use, lambda guest: guest.client.read_resource("test://no-such-thing"))
    assert error.code == (-32002 if mode == "legacy" else mcp_types.INVALID_PARAMS)


def test_prompts_are_filled_in(use: Any):
    async def get(guest: Guest) -> list[Any]:
        plain = await guest.client.get_prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
        shown = await guest.client.get_prompt("test_prompt_with_image")
        embedded = await guest.client.get_prompt("test_prompt_with_embedded_resource", {"resourceUri": "test://x"})
        return [message.content for prompt in (plain, shown, embedded) for message in prompt.messages]

    words, *others = use(get)
    assert words.text == "The words are a and b."
    assert [type(content) for content in others] == [ImageContent, TextContent, EmbeddedResource, TextContent]


def test_arguments_of_prompts_and_templates_are_completed(use: Any):
    async def complete(guest: Guest) -> list[list[str]]:
        prompt = PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
        template = ResourceTemplateReference(type="ref/resource", uri="news://{topic}")
        asked: list[tuple[Any, dict[str, str]]] = [
            (prompt, {"name": "arg1", "value": "test"}),
            (template, {"name": "topic", "value": "s"}),
        ]
        values = [(await guest.client.complete(ref, argument)).completion.values for ref, argument in asked]
        place = ResourceTemplateReference(type="ref/resource", uri="news://{topic}/at{/place}{?day,hour}")
        narrowed = await guest.client.complete(place, {"name": "place", "value": "to"}, {"topic": "sport"})
        return [*values, narrowed.completion.values]

    assert use(complete) == [["test", "testing"], ["science", "sport"], ["to in sport"]]


def test_lists_come_in_pages(use: Any):
    async def list_all(guest: Guest) -> list[list[str]]:
        pages, cursor = [], None
        while True:
            page = await guest.client.list_prompts(cursor=cursor)
            pages.append([prompt.name for prompt in page.prompts])
            if (cursor := page.next_cursor) is None:
                return pages

    pages = use(list_all)
    names = [name for page in pages for name in page]
    assert len(pages) > 1
    assert len(names) == len(set(names))
    assert {f"saying_{number}" for number in range(120)} < set(names)


def test_made_up_cursor_is_an_invalid_parameter(use: Any):
    error = refusal(use, lambda guest: guest.client.list_prompts(cursor="made up"))
    assert error.code == mcp_types.INVALID_PARAMS
