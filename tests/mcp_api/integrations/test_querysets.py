"""A queryset as a tool that only reads: typed filters, named columns, a limit, and nothing else."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Count
from django.db.models.functions import Upper

from accounts.models import User
from mcp_api import search
from mcp_api.registry import tools as registry
from tests.library.models import Author, Book, Loan
from tests.mcp_api.conftest import Caller, error_of, misdeclared
from tests.support.factories import make_user
from tests.support.mcp.tool_results import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


def titles(result: dict[str, Any]) -> list[str]:
    assert not result.get("isError"), result
    return [row["title"] for row in result["structuredContent"]["rows"]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["Engines", "Notes", "Songs", "Tarantula"]),
        ({"title__icontains": "N"}, ["Engines", "Notes", "Songs", "Tarantula"]),
        ({"title__icontains": "gine"}, ["Engines"]),
        ({"author__name": "Bob Dylan"}, ["Songs", "Tarantula"]),
        ({"genre": "science"}, ["Engines", "Notes"]),
        ({"genre__in": ["poems", "novel"]}, ["Songs", "Tarantula"]),
        ({"genre__in": []}, []),
        ({"published__year": 1843}, ["Engines"]),
        ({"published__range": ["1960-01-01", "1970-01-01"]}, ["Songs"]),
        ({"published__isnull": True}, ["Notes"]),
        ({"price__lte": "9.90"}, ["Notes", "Tarantula"]),
        ({"price__lte": 3}, ["Notes"]),
        ({"pages": 137}, ["Tarantula"]),
        ({"pages": 2**62}, []),
        ({"in_stock": False}, []),
        ({"in_stock": None, "title__icontains": "songs"}, ["Songs"]),
        ({"title__icontains": "songs", "genre": "science"}, []),
    ],
)
def test_filters_are_of_the_types_of_their_fields(reader: Caller, filters: dict[str, Any], found: list[str]) -> None:
    assert titles(reader.call("search_books", **filters)) == found


def test_relations_are_filtered_by_key(reader: Caller, books: list[Book]) -> None:
    assert titles(reader.call("search_books", author=books[0].author.pk)) == ["Engines", "Notes"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("pages", "many"),
        ("pages", 10**30),
        ("genre", "crime"),
        ("genre__in", ["crime"]),
        ("genre__in", ["novel"] * 101),
        ("published__year", 0),
        ("published__year", 10**9),
        ("published__range", ["1960-01-01"]),
        ("published__range", ["a", "b"]),
        ("price__lte", "cheap"),
        ("price__lte", "1e999999"),
        ("price__lte", "-1e-999999"),
        ("price__lte", "0e999999"),
        ("price__lte", "123456789"),
        ("title__icontains", "a\x00b"),
        ("title__icontains", "x" * 1001),
        ("in_stock", "perhaps"),
        ("order_by", "note"),
        ("order_by", "author__password"),
        ("limit", 0),
        ("limit", 6),
        ("offset", -1),
        ("offset", 10**9),
        ("note", "secret"),
        ("note__icontains", "secret"),
        ("title__icontains__regex", "(a+)+$"),
        ("title__regex", "(a+)+$"),
        ("author__books__note", "x"),
        ("pk__in", [1]),
        ("_connector", "OR"),
    ],
)
def test_unknown_filter_or_invalid_value_is_refused(reader: Caller, argument: str, value: Any) -> None:
    assert argument in refusal(reader.call("search_books", **{argument: value}))


def test_only_the_named_columns_leave(reader: Caller) -> None:
    result = reader.call("search_books")
    assert {key for row in result["structuredContent"]["rows"] for key in row} == {
        "id",
        "title",
        "author__name",
        "price",
        "published",
        "genre",
    }
    assert "not to be seen" not in str(result)


def test_values_are_what_json_has(reader: Caller, books: list[Book]) -> None:
    [row] = reader.call("search_books", title__icontains="engines")["structuredContent"]["rows"]
    assert row == {
        "id": books[0].pk,
        "title": "Engines",
        "author__name": "Ada Lovelace",
        "price": "12.50",
        "published": "1843-09-01",
        "genre": "science",
    }


def test_rows_are_limited_and_the_rest_is_on_further_pages(reader: Caller, books: list[Book]) -> None:
    for number in range(7):
        Book.objects.create(title="Same", author=books[0].author, isbn=f"same-{number}")
    pages = [reader.call("search_books", title__icontains="same", offset=offset) for offset in (0, 5)]
    assert [len(titles(page)) for page in pages] == [5, 2]
    assert [page["structuredContent"]["more"] for page in pages] == [True, False]
    keys = [row["id"] for page in pages for row in page["structuredContent"]["rows"]]
    assert len(set(keys)) == 7
    assert len(titles(reader.call("search_books", limit=2))) == 2


def test_callers_choose_among_the_named_orders(reader: Caller) -> None:
    assert titles(reader.call("search_books", order_by="-price")) == ["Songs", "Engines", "Tarantula", "Notes"]


def test_rows_are_looked_up_anew_for_each_call(reader: Caller, books: list[Book]) -> None:
    before = len(titles(reader.call("search_books")))
    books[0].delete()
    assert len(titles(reader.call("search_books"))) == before - 1


def test_each_person_sees_what_is_theirs(reader: Caller, books: list[Book]) -> None:
    for person in (reader.person, make_user("bob")):
        Loan.objects.create(book=books[0], reader=person, until=date(2030, 1, 1))
    rows = reader.call("my_loans")["structuredContent"]["rows"]
    assert rows == [{"book__title": "Engines", "until": "2030-01-01"}]


def test_it_only_reads_and_says_so(reader: Caller) -> None:
    tool = registry.tools["search_books"]
    assert tool.read_only
    assert tool.annotations["readOnlyHint"]
    assert tool.description == "Search the books."
    assert registry.tools["my_loans"].description == "What the person who is signed in has borrowed."
    assert "context" not in tool.arguments.json_schema()["properties"]


def test_annotations_of_the_queryset_are_columns_too(reader: Caller, books: list[Book]) -> None:
    authors = Author.objects.annotate(written=Count("books"), loud=Upper("name"))
    search("authors", authors, columns=["name", "written", "loud"], order_by=["-written"])
    rows = reader.call("authors")["structuredContent"]["rows"]
    assert rows[0] == {"name": "Ada Lovelace", "written": 2, "loud": "ADA LOVELACE"}


def test_filter_over_many_rows_finds_each_row_once(reader: Caller) -> None:
    search("authors", Author.objects.all(), columns=["name"], filters=["books__title__icontains", "name"])
    rows = reader.call("authors", books__title__icontains="n")["structuredContent"]["rows"]
    assert [row["name"] for row in rows] == ["Ada Lovelace", "Bob Dylan"]
    both = reader.call("authors", books__title__icontains="n", name="Bob Dylan")["structuredContent"]["rows"]
    assert [row["name"] for row in both] == ["Bob Dylan"]


def test_permission_and_scopes_rule(reader: Caller) -> None:
    search("secret_books", Book.objects.all(), columns=["title"], permission="library.view_book", scopes="library:lend")
    call = {"name": "secret_books", "arguments": {}}
    assert "Unknown tool" in error_of(reader.modern("tools/call", call))["message"]
    reader.person.user_permissions.add(Permission.objects.get(codename="view_book"))
    assert titles(reader.call("secret_books"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": ["titel"]},
        {"columns": ["author__nam"]},
        {"columns": ["title__icontains"]},
        {"columns": []},
        {"filters": ["titel"]},
        {"filters": ["title__regex"]},
        {"filters": ["title__iregex"]},
        {"filters": ["title__icontains__exact"]},
        {"filters": ["pages__icontains"]},
        {"filters": ["title__year"]},
        {"filters": ["title__search"]},
        {"order_by": ["titel"]},
        {"columns": ["loans__until"]},
        {"order_by": ["loans__until"]},
        {"columns": ["loans__reader__password"]},
        {"filters": ["loans__reader__password__startswith"]},
        {"order_by": ["title__lower"]},
        {"limit": 0},
        {"rows": Book.objects.all()[:5]},
    ],
)
def test_column_that_the_model_lacks_is_reported_at_start_up(reader: Caller, wrong: dict[str, Any]) -> None:
    with misdeclared("mcp_api.E014"):
        search("wrong", **{"rows": Book.objects.all(), "columns": ["title"], **wrong})
    assert "wrong" not in registry.tools


@pytest.mark.parametrize("wrong", [{"columns": ["password"]}, {"filters": ["password"]}, {"order_by": ["password"]}])
def test_passwords_never_leave_nor_can_be_guessed(reader: Caller, wrong: dict[str, Any]) -> None:
    with misdeclared("mcp_api.E014", match="password"):
        search("hashes", User.objects.all(), **{"columns": ["username"], **wrong})
    search("people", User.objects.all(), columns=["username"], filters=["username"])
    assert reader.call("people", username="ada")["structuredContent"]["rows"] == [{"username": "ada"}]
    assert refusal(reader.call("people", password__startswith="pbkdf2"))
