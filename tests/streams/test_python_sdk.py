"""The official Python SDK's client uses every feature of the server, in both eras."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import httpx2
import mcp_types
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ListenNotSupportedError
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    CreateMessageResult,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    ListRootsResult,
    PromptReference,
    ResourceLink,
    ResourceTemplateReference,
    Root,
    TextContent,
    TextResourceContents,
)
from pydantic import FileUrl

from tests.streams.wire import Wire
from tests.support.server import LiveServer

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
SOON = 5

Result = TypeVar("Result")
Do = Callable[["Guest"], Awaitable[Result]]

# The SDK warns of what the modern era is about to leave behind, which is just what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


class Guest:
    """The SDK's client, with somebody at it who answers whatever they are asked, and remembers it."""

    def __init__(self) -> None:
        self.client: Client
        self.asked: list[Any] = []
        self.logged: list[Any] = []
        self.progress: list[tuple[float, float | None, str | None]] = []
        self.told: list[Any] = []
        self.answer: dict[str, Any] | None = {}

    async def elicited(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        if self.answer is None:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content=None if params.mode == "url" else self.answer)

    async def sampled(self, context: Any, params: Any) -> CreateMessageResult:
        self.asked.append(params)
        text = TextContent(type="text", text="Paris, says the model.")
        return CreateMessageResult(role="assistant", content=text, model="a model", stop_reason="endTurn")

    async def rooted(self, context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=FileUrl("file:///home/ada/project"), name="Project")])

    async def heard(self, params: Any) -> None:
        self.logged.append(params)

    async def progressed(self, progress: float, total: float | None, message: str | None) -> None:
        self.progress.append((progress, total, message))

    async def noticed(self, message: Any) -> None:
        self.told.append(message)

    async def call(self, name: str, /, **arguments: Any) -> CallToolResult:
        return await self.client.call_tool(name, arguments)

    async def eventually_told(self, method: str) -> None:
        with anyio.fail_after(SOON):
            while not any(getattr(message, "method", "") == method for message in self.told):
                await anyio.sleep(0.05)


@pytest.fixture(params=VERSIONS)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def use(server: LiveServer, mode: str) -> Callable[..., Any]:
    """Connect, do something, disconnect, and return what came of it."""

    def run(do: Do[Result], **options: Any) -> Result:
        async def main() -> Result:
            async with connected(Wire(server), mode, **options) as guest:
                return await do(guest)

        return anyio.run(main)

    return run


@asynccontextmanager
async def connected(wire: Wire, mode: str, *, answers: bool = True, **options: Any) -> AsyncIterator[Guest]:
    guest = Guest()
    callbacks: dict[str, Any] = {"logging_callback": guest.heard, "message_handler": guest.noticed}
    if answers:
        callbacks |= {
            "elicitation_callback": guest.elicited,
            "sampling_callback": guest.sampled,
            "list_roots_callback": guest.rooted,
        }
    headers = {"Authorization": wire.headers["Authorization"]}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(wire.server.mcp_url, http_client=http)
        async with Client(transport, mode=mode, **callbacks, **options) as guest.client:
            assert guest.client.protocol_version == VERSIONS[mode]
            yield guest


def refusal(use: Any, do: Do[Any], **options: Any) -> mcp_types.ErrorData:
    """The error that `do` ends with; the client's task group would wrap what leaves it."""

    async def expect(guest: Guest) -> mcp_types.ErrorData:
        with pytest.raises(MCPError) as refused:
            await do(guest)
        return refused.value.error

    error = use(expect, **options)
    assert isinstance(error, mcp_types.ErrorData)
    return error


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


# --- Tools -------------------------------------------------------------------------------------


def test_tools_return_every_kind_of_content(use: Any):
    async def call(guest: Guest) -> list[Any]:
        names = ("test_simple_text", "test_image_content", "test_audio_content", "test_multiple_content_types")
        contents = [content for name in names for content in (await guest.call(name)).content]
        return [*contents, *(await guest.call("point", topic="sport")).content]

    *contents, link = use(call)
    kinds = [type(content) for content in contents]
    assert kinds == [TextContent, ImageContent, AudioContent, TextContent, ImageContent, EmbeddedResource]
    assert isinstance(link, ResourceLink)
    assert (str(link.uri), link.name) == ("news://sport", "sport")


def test_tools_are_listed_with_all_that_is_told_of_them(use: Any, mode: str):
    listed = use(lambda guest: guest.client.list_tools())
    tools = {tool.name: tool for tool in listed.tools}
    point, info = tools["point"], tools["get_user_info"]
    assert (point.title, point.description) == ("Point to news", "Link to the news about a topic.")
    assert [str(icon.src) for icon in point.icons] == ["https://example.com/news.png"]
    assert (point.annotations.read_only_hint, tools["rename"].annotations.destructive_hint) == (True, True)
    assert point.input_schema["required"] == ["topic"]
    assert "username" in info.output_schema["properties"]
    if mode == "auto":
        assert (listed.ttl_ms, listed.cache_scope) == (60_000, "private")


def test_structured_content_fits_the_schema_that_was_listed(use: Any):
    async def call(guest: Guest) -> CallToolResult:
        await guest.client.list_tools()
        return await guest.call("get_user_info")

    assert use(call).structured_content["username"]


def test_errors_reach_the_model(use: Any):
    async def call(guest: Guest) -> list[CallToolResult]:
        return [await guest.call("test_error_handling"), await guest.call("count", to="many")]

    failed, wrong = use(call)
    assert failed.is_error
    assert text_of(failed) == "This tool always fails."
    assert wrong.is_error
    assert "to" in text_of(wrong)


def test_unknown_tool_is_an_error_of_the_request(use: Any):
    assert refusal(use, lambda guest: guest.call("no_such_tool")).code == mcp_types.INVALID_PARAMS


def test_a_parameter_is_repeated_in_its_header(use: Any):
    async def call(guest: Guest) -> CallToolResult:
        await guest.client.list_tools()
        return await guest.call("test_custom_header", region="Zürich")

    assert text_of(use(call)) == "Zürich"


# --- While it runs -----------------------------------------------------------------------------


def test_progress_arrives(use: Any):
    async def call(guest: Guest) -> tuple[list[Any], str]:
        result = await guest.client.call_tool("count", {"to": 3}, progress_callback=guest.progressed)
        return guest.progress, text_of(result)

    assert use(call) == ([(1, 3, "At 1"), (2, 3, "At 2"), (3, 3, "At 3")], "counted to 3")


def test_log_messages_arrive_at_the_level_that_was_asked_for(use: Any, mode: str):
    async def call(guest: Guest) -> list[Any]:
        if mode == "legacy":
            await guest.client.set_logging_level("debug")
        await guest.call("count", to=2)
        return [(message.level, message.logger, message.data) for message in guest.logged]

    options = {} if mode == "legacy" else {"log_level": "debug"}
    assert use(call, **options) == [("debug", "tools/call count", f"counted {number}") for number in (1, 2)]


def test_what_the_client_gives_up_is_cancelled(use: Any, server: LiveServer):
    before = server.log.count("sleep was cancelled")

    async def call(guest: Guest) -> None:
        with anyio.move_on_after(0.5):
            await guest.call("sleep", seconds=30)
        with anyio.fail_after(SOON):
            while server.log.count("sleep was cancelled") == before:
                await anyio.sleep(0.1)
        assert text_of(await guest.call("echo", text="still here")) == "still here"

    use(call)


# --- Asking ------------------------------------------------------------------------------------


def test_person_fills_in_a_form(use: Any):
    async def call(guest: Guest) -> tuple[str, Any]:
        guest.answer = {"username": "ada", "email": "ada@example.com"}
        return text_of(await guest.call("test_elicitation", message="Who are you?")), guest.asked[0]

    said, asked = use(call)
    assert said == 'User response: action: accept, content: {"username": "ada", "email": "ada@example.com"}'
    assert (asked.mode, asked.message) == ("form", "Who are you?")
    assert asked.requested_schema["required"] == ["username", "email"]


def test_person_may_decline(use: Any):
    async def call(guest: Guest) -> str:
        guest.answer = None
        return text_of(await guest.call("test_elicitation", message="Who are you?"))

    assert use(call) == "User response: action: decline, content: null"


def test_person_opens_an_address(use: Any):
    async def call(guest: Guest) -> tuple[str, Any]:
        return text_of(await guest.call("pay", amount=5)), guest.asked[0]

    said, asked = use(call)
    assert said == "accept"
    assert (asked.mode, asked.url) == ("url", "https://pay.example.com/?amount=5")


def test_the_clients_model_answers(use: Any):
    assert text_of(use(lambda guest: guest.call("test_sampling", prompt="Capital?"))) == (
        "LLM response: Paris, says the model."
    )


def test_the_client_names_its_folders(use: Any):
    listed = use(lambda guest: guest.call("test_input_required_result_list_roots"))
    assert text_of(listed) == "file:///home/ada/project"


def test_several_questions_at_once_and_one_after_the_other(use: Any):
    async def call(guest: Guest) -> list[str]:
        guest.answer = {"name": "Ada", "color": "green"}
        names = ("test_input_required_result_multiple_inputs", "test_input_required_result_multi_round")
        return [text_of(await guest.call(name)) for name in names]

    assert use(call) == ["Paris, says the model. accept, 1 folders", "accept, accept"]


def test_what_was_written_before_the_question_is_written_once(use: Any):
    async def call(guest: Guest) -> tuple[str, str]:
        guest.answer = {"sure": True}
        said = text_of(await guest.call("rename", name="Ada", tell=True))
        user = (await guest.call("get_user_info")).structured_content
        assert user
        return said, user["name"]

    said, name = use(call)
    assert said.startswith("you are Ada now")
    assert name == "Ada"


def test_a_prompt_and_a_resource_may_ask_too(use: Any):
    async def ask(guest: Guest) -> tuple[str, str]:
        guest.answer = {"context": "tea", "sure": True}
        [message] = (await guest.client.get_prompt("test_input_required_result_prompt")).messages
        [contents] = (await guest.client.read_resource("news://personal")).contents
        assert isinstance(message.content, TextContent)
        assert isinstance(contents, TextResourceContents)
        return message.content.text, contents.text

    assert use(ask) == ("Say something about tea.", "All about you.")


def test_what_the_client_does_not_offer_is_never_used(use: Any):
    error = refusal(use, lambda guest: guest.call("test_sampling", prompt="Capital?"), answers=False)
    assert error.code == mcp_types.MISSING_REQUIRED_CLIENT_CAPABILITY
    assert error.data == {"requiredCapabilities": {"sampling": {}}}


# --- Resources, prompts, completion, pages -------------------------------------------------------


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


# --- Changes -------------------------------------------------------------------------------------


def test_client_hears_of_changes(use: Any, mode: str):
    async def hear(guest: Guest) -> None:
        if mode == "auto":
            async with guest.client.listen(tools_list_changed=True, resource_subscriptions=["news://sport"]) as heard:
                await guest.call("announce", what="tools")
                await guest.call("announce", what="resource", uri="news://sport")
                with anyio.fail_after(SOON):
                    kinds = {type(await anext(heard)).__name__ for _ in range(2)}
            assert kinds == {"ToolsListChanged", "ResourceUpdated"}
            return
        await guest.client.subscribe_resource("news://sport")
        # The client opens its stream by itself, in its own time.
        await anyio.sleep(1)
        await guest.call("announce", what="tools")
        await guest.call("announce", what="resource", uri="news://sport")
        await guest.eventually_told("notifications/tools/list_changed")
        await guest.eventually_told("notifications/resources/updated")
        await guest.client.unsubscribe_resource("news://sport")
        with pytest.raises(ListenNotSupportedError):
            async with guest.client.listen(tools_list_changed=True):
                pass

    use(hear)


def test_legacy_client_comes_back_for_a_result(use: Any, mode: str):
    """The stream ends early; the SDK's own client takes it up again, from the last event that it saw."""
    result = use(lambda guest: guest.client.call_tool("leave", {"seconds": 1}, progress_callback=guest.progressed))
    assert text_of(result) == "worth coming back for"


def test_ping_is_of_the_legacy_era(use: Any, mode: str):
    if mode == "legacy":
        use(lambda guest: guest.client.send_ping())
        return
    assert refusal(use, lambda guest: guest.client.send_ping()).code == mcp_types.METHOD_NOT_FOUND
