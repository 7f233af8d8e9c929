"""The official Python SDK's client signs in and uses all that a project of somebody's own offers (tests/library)."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import CallToolResult, ElicitResult, TextContent, TextResourceContents

from tests.clients.python_sdk import Desk, both_eras
from tests.support.database import Template
from tests.support.servers.server import LiveServer

BOOKS = """
from tests.library.models import Author, Book
ada = Author.objects.create(name="Ada Lovelace")
for number, title in enumerate(["Engines", "Notes", "Songs"]):
    Book.objects.create(title=title, author=ada, isbn=f"978000000000{number}", price=number + 1)
"""
GRANT = """
from django.contrib.auth.models import Permission
granted = Permission.objects.filter(content_type__app_label="library")
User.objects.get(username="demo").user_permissions.set(granted)
"""


@pytest.fixture(scope="module")
def library_server(template: Template) -> Iterator[LiveServer]:
    server = LiveServer(template, env={"DJANGO_SETTINGS_MODULE": "tests.settings"})
    with server:
        server.manage("migrate", "--verbosity", "0")
        server.shell(BOOKS + GRANT)
        yield server


@pytest.fixture(scope="module")
def desk(library_server: LiveServer) -> Desk:
    """With a client that is granted more scopes as it needs them, by a person who approves."""
    return Desk(library_server)


@pytest.fixture
def use(desk: Desk) -> Callable[..., Any]:
    """Connect, do something, and return what came of it. Whatever is asked, demo is sure."""

    async def elicited(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"sure": True})

    def run(mode: str, do: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
        return desk.use(mode, do, elicitation_callback=elicited, **options)

    return run


def data_of(result: CallToolResult) -> Any:
    assert not result.is_error, result
    structured = result.structured_content
    assert structured is not None
    return structured["result"] if set(structured) == {"result"} else structured


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@both_eras
def test_tools_of_every_kind_are_listed(use: Any, mode: str) -> None:
    tools = {tool.name: tool for tool in use(mode, lambda client: client.list_tools()).tools}
    assert {"echo", "find_books", "lend_book", "book_list", "book_create", "search_books", "my_loans"} <= set(tools)
    assert tools["book_destroy"].annotations.destructive_hint
    assert tools["search_books"].annotations.read_only_hint
    assert tools["book_create"].input_schema["required"] == ["title", "author", "isbn"]


@both_eras
def test_functions_are_called(use: Any, mode: str) -> None:
    found = use(mode, lambda client: client.call_tool("find_books", {"title": "engin"}))
    assert [book["title"] for book in data_of(found)] == ["Engines"]
    refused = use(mode, lambda client: client.call_tool("find_books", {"title": "a", "limit": 51}))
    assert refused.is_error
    assert "limit" in text_of(refused)


@both_eras
def test_book_is_lent_once_the_reader_confirms(use: Any, mode: str, desk: Desk, library_server: LiveServer) -> None:
    title = {"auto": "Engines", "legacy": "Notes"}[mode]
    [(number,)] = library_server.database.rows(f"SELECT id FROM library_book WHERE title = '{title}'")  # noqa: S608 - ours

    async def lend(client: Client) -> tuple[str, str, Any]:
        arguments = {"book": number, "until": "2030-01-01"}
        first, second = [text_of(await client.call_tool("lend_book", arguments)) for _ in range(2)]
        return first, second, data_of(await client.call_tool("my_loans", {}))

    first, second, loans = use(mode, lend)
    assert first == f"{title} is yours until 2030-01-01."
    assert second == f"{title} is lent already."
    # The client was told what it lacked, and its person sent to approve it.
    assert desk.memory.tokens
    assert "library:lend" in str(desk.memory.tokens.scope)
    assert {"book__title": title, "until": "2030-01-01"} in loans["rows"]


@both_eras
def test_views_are_called(use: Any, mode: str) -> None:
    async def through(client: Client) -> list[Any]:
        await client.list_tools()
        page = data_of(await client.call_tool("book_list", {"search": "songs"}))
        author = page["results"][0]["author"]
        book = {"title": "New", "author": author, "isbn": f"new-{mode}"}
        created = data_of(await client.call_tool("book_create", book))
        again = await client.call_tool("book_create", book)
        changed = data_of(await client.call_tool("book_partial_update", {"pk": created["id"], "pages": 7}))
        await client.call_tool("book_destroy", {"pk": created["id"]})
        gone = await client.call_tool("book_retrieve", {"pk": created["id"]})
        return [page["count"], created["title"], text_of(again), changed["pages"], text_of(gone)]

    count, title, again, pages, gone = use(mode, through)
    assert (count, title, pages) == (1, "New", 7)
    assert "isbn" in again
    assert gone == "No Book matches the given query."


@both_eras
def test_rows_are_searched(use: Any, mode: str) -> None:
    async def find(client: Client) -> Any:
        await client.list_tools()
        return await client.call_tool("search_books", {"price__lte": 2, "order_by": "-price"})

    assert [row["title"] for row in data_of(use(mode, find))["rows"]] == ["Notes", "Engines"]


@both_eras
def test_progress_of_long_work_is_told(use: Any, mode: str) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    result = use(mode, lambda client: client.call_tool("number_pages", {"pages": 50}, progress_callback=hear))
    assert data_of(result) == 3
    assert heard == [(1, 3, "Engines"), (2, 3, "Notes"), (3, 3, "Songs")]


@both_eras
def test_resources_and_prompts_are_there(use: Any, mode: str, library_server: LiveServer) -> None:
    [(number,)] = library_server.database.rows("SELECT id FROM library_book WHERE title = 'Songs'")

    async def read(client: Client) -> tuple[Any, Any]:
        book = await client.read_resource(f"library://books/{number}")
        return book.contents[0], await client.get_prompt("recommend", {"genre": "poems"})

    contents, prompt = use(mode, read)
    assert isinstance(contents, TextResourceContents)
    assert "Ada Lovelace" in contents.text
    assert "poems" in prompt.messages[0].content.text


def test_whoever_loses_a_permission_loses_the_tool(use: Any, library_server: LiveServer) -> None:
    library_server.shell("User.objects.get(username='demo').user_permissions.clear()")

    async def find(client: Client) -> None:
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("find_books", {"title": "a"})

    use("auto", find)
    library_server.shell(GRANT)
