"""`manage.py mcp`: tools are listed and called from the command line, as a person, on the record."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from accounts.models import Event, User
from mcp_api import tool
from tests.library.models import Author, Book, Loan
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


@pytest.fixture
def ada() -> User:
    return make_user("ada", first_name="Ada")


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="Tarantula", author=Author.objects.create(name="Bob Dylan"), isbn="9780000000001")


def mcp(*arguments: str) -> tuple[str, str]:
    """Return what it printed to stdout and to stderr."""
    out, err = StringIO(), StringIO()
    call_command("mcp", *arguments, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def answer_of(*arguments: str) -> Any:
    return json.loads(mcp("call", *arguments, "--user", "ada")[0])


def test_all_tools_are_listed_with_what_they_need() -> None:
    listed, _ = mcp("tools")
    assert "echo  (Read-only; requires read)\n    Return the given text unchanged." in listed
    assert "book_destroy  (Can change or delete; requires write)" in listed
    assert "find_books  (Read-only; requires read, library.view_book)" in listed


def test_those_of_a_person_are_listed(ada: User) -> None:
    assert "find_books" not in mcp("tools", "--user", "ada")[0]
    ada.user_permissions.add(Permission.objects.get(codename="view_book"))
    assert "find_books" in mcp("tools", "--user", "ada")[0]


def test_tool_is_called_and_what_a_client_would_see_is_printed(ada: User) -> None:
    assert answer_of("echo", "text=1 = 1, Grüße") == {
        "content": [{"type": "text", "text": "1 = 1, Grüße"}],
        "structuredContent": {"result": "1 = 1, Grüße"},
    }


def test_values_are_of_the_types_that_the_tool_takes(ada: User, book: Book) -> None:
    rows = answer_of("search_books", "limit=1", "in_stock=true", 'genre__in=["novel"]', "title__icontains=tar")
    assert [row["title"] for row in rows["structuredContent"]["rows"]] == ["Tarantula"]
    assert answer_of("echo", "text=7")["structuredContent"] == {"result": "7"}
    assert answer_of("echo", "--json", '{"text": "a"}')["structuredContent"] == {"result": "a"}


def test_call_is_recorded_as_the_persons(ada: User) -> None:
    answer_of("echo", "text=a")
    event = Event.objects.get()
    assert (event.action, event.username, event.client_name) == ("tools/call echo", "ada", "Command line")


def test_permissions_and_scopes_rule(ada: User) -> None:
    with pytest.raises(CommandError, match="Unknown tool"):
        mcp("call", "find_books", "title=a", "--user", "ada")
    with pytest.raises(CommandError, match="library:lend"):
        mcp("call", "lend_book", "book=1", "until=2030-01-01", "--user", "ada", "--scopes", "read,write")


def test_error_of_the_tool_is_printed_and_fails(ada: User) -> None:
    with pytest.raises(CommandError, match="The tool failed"):
        mcp("call", "lend_book", "book=7", "until=2030-01-01", "--user", "ada")


def test_exception_and_its_line_are_printed(ada: User, tools: Any) -> None:
    @tool
    def crash() -> str:
        raise KeyError("shelf")

    out = StringIO()
    with pytest.raises(CommandError, match="The tool failed"):
        call_command("mcp", "call", "crash", "--user", "ada", stdout=out, stderr=out)
    assert "KeyError: 'shelf'" in out.getvalue()
    assert "in crash" in out.getvalue()


def test_questions_are_answered(ada: User, book: Book) -> None:
    ask = ("call", "lend_book", f"book={book.pk}", "until=2030-01-01", "--user", "ada", "--answer")
    assert "Nothing was lent" in mcp(*ask, "null")[0]
    printed, beside = mcp(*ask, '{"sure": true}')
    assert "is yours" in printed
    assert "The tool asks: Lend Tarantula" in beside
    assert Loan.objects.get().reader == ada


def test_question_without_an_answer_is_an_error(ada: User, book: Book) -> None:
    with pytest.raises(CommandError, match=r"elicitation.* Pass an answer: --answer"):
        mcp("call", "lend_book", f"book={book.pk}", "until=2030-01-01", "--user", "ada")


def test_progress_is_printed_beside_the_result(ada: User, book: Book) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="change_book"))
    printed, beside = mcp("call", "number_pages", "pages=7", "--user", "ada")
    assert json.loads(printed)["structuredContent"] == {"result": 1}
    assert "Tarantula" in beside


def test_resources_and_prompts_are_read(ada: User, book: Book) -> None:
    assert "Bob Dylan" in mcp("read", f"library://books/{book.pk}", "--user", "ada")[0]
    assert "poems" in mcp("prompt", "recommend", "genre=poems", "--user", "ada")[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["call", "echo", "text=a", "--user", "nobody"], "nobody"),
        (["call", "echo", "text", "--user", "ada"], "NAME=VALUE"),
        (["call", "echo", "--json", "[1]", "--user", "ada"], "JSON object"),
        (["call", "echo", "--json", "{", "--user", "ada"], "not valid JSON"),
        (["call", "echo", "text=a", "--user", "ada", "--scopes", "fly"], "Unknown scope: fly"),
        (["call", "none", "--user", "ada"], "Unknown tool: none"),
        (["read", "none://such", "--user", "ada"], "not found"),
        (["call", "echo"], "--user"),
        ([], "tools"),
    ],
)
def test_error_is_shown(ada: User, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        mcp(*arguments)
