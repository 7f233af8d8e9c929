"""Calls of REST framework actions: their results, and refusals by permissions, scopes, throttles and serializers."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework import generics, permissions, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Event
from mcp_api import expose
from mcp_api.registry import tools as registry
from mcp_api.testing import McpClient
from tests.library.models import Author, Book, Loan
from tests.library.serializers import AuthorSerializer
from tests.library.views import BookViewSet
from tests.mcp_api.conftest import Caller, result_of
from tests.mcp_api.messages import LEGACY
from tests.support.mcp.tool_results import data_of, refusal, schema_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


NEW = {"title": "Ulysses", "isbn": "9780000000009", "price": "7.50", "pages": 700}


def test_list_is_searched_ordered_and_paged(librarian: Caller) -> None:
    page = data_of(librarian.call("book_list", search="ada", ordering="price", page_size=1))
    assert (page["count"], [row["title"] for row in page["results"]]) == (2, ["Notes"])
    assert page["next"].startswith("http://localhost/")
    assert page["results"][0]["author_name"] == "Ada Lovelace"
    assert page["results"][0]["is_long"] is False
    assert "note" not in page["results"][0]


@pytest.mark.parametrize("search", ["a " * 600_000, "é" * 2000, "a" * 9000])
def test_query_arguments_are_as_long_as_an_address_may_be(librarian: Caller, search: str) -> None:
    answer = librarian.call("book_list", search=search)
    assert answer["isError"]
    assert "search: 8190 characters at most" in answer["content"][0]["text"]
    assert Event.objects.get().reason == "invalid_arguments"


def test_search_for_as_many_words_as_an_address_has_fails_no_tool(librarian: Caller) -> None:
    answer = librarian.call("book_list", search=" ".join("a" * 4000))
    assert "The tool failed" not in answer["content"][0]["text"]
    assert Event.objects.get().reason in ("", "invalid_arguments")


def test_row_is_retrieved_created_changed_and_deleted(librarian: Caller, books: list[Book]) -> None:
    author = books[0].author.pk
    created = data_of(librarian.call("book_create", **NEW, author=author))
    assert (created["price"], created["is_long"]) == ("7.50", True)
    key = created["id"]
    assert data_of(librarian.call("book_retrieve", pk=key)) == created
    assert data_of(librarian.call("book_partial_update", pk=key, pages=10))["pages"] == 10
    assert data_of(librarian.call("book_update", **NEW | {"title": "Odyssey"}, author=author, pk=key))["pages"] == 700
    librarian.call("book_destroy", pk=key)
    assert not Book.objects.filter(pk=key).exists()


def test_own_action_is_called(reader: Caller, books: list[Book]) -> None:
    answer = reader.call("book_lend", pk=books[0].pk, until="2030-01-01")
    assert "Engines" in answer["content"][0]["text"]
    assert Loan.objects.get().reader == reader.person
    assert "Notes" in reader.call("book_cheapest")["content"][0]["text"]


@pytest.mark.parametrize("version", ["", *LEGACY])
def test_data_of_an_own_action_is_structured_content_too(reader: Caller, books: list[Book], version: str) -> None:
    """It claims no schema, as nobody knows what the action returns."""
    params = {"name": "book_cheapest", "arguments": {}}
    answer = result_of(
        reader.legacy("tools/call", params, version=version) if version else reader.modern("tools/call", params)
    )
    assert answer["structuredContent"] == {"title": "Notes"}
    assert registry.tools["book_cheapest"].result is None


def test_data_of_an_action_is_what_a_projects_test_reads(reader: Caller, books: list[Book]) -> None:
    client = McpClient(reader.person)
    lent = client.call("book_lend", pk=books[0].pk, until="2030-01-01")
    assert lent.data == {"title": "Engines", "reader": "ada"}
    assert client.call("book_cheapest").data == {"title": "Notes"}


@pytest.mark.usefixtures("isolated_registry")
def test_list_that_an_action_returns_is_data_and_nothing_is_none(reader: Caller, books: list[Book]) -> None:
    class Titles(viewsets.GenericViewSet[Book]):
        queryset = Book.objects.order_by("pk")
        permission_classes = [permissions.IsAuthenticated]

        @action(detail=False)
        def titles(self, request: Any) -> Response:
            return Response([book.title for book in self.get_queryset()[:2]])

        @action(detail=False, methods=["post"])
        def forget(self, request: Any) -> Response:
            return Response(status=204)

    expose(Titles, name="own", actions=["titles", "forget"])
    client = McpClient(reader.person)
    assert client.call("own_titles").data == ["Engines", "Notes"]
    forgotten = client.call("own_forget")
    assert (forgotten.data, forgotten.content) == (None, [])


def test_permissions_of_the_view_apply(reader: Caller, books: list[Book]) -> None:
    assert "permission" in refusal(reader.call("book_create", **NEW, author=books[0].author.pk))
    assert Book.objects.count() == 4


def test_scopes_apply_beside_permissions(librarian: Caller) -> None:
    librarian.token.scope = "read"
    librarian.token.save()
    assert librarian.modern("tools/call", {"name": "book_destroy", "arguments": {"pk": 1}}).status_code == 403


def test_throttles_apply_and_name_when_to_try_again(reader: Caller, books: list[Book]) -> None:
    said = [reader.call("book_lend", pk=books[0].pk, until="2030-01-01") for _ in range(4)]
    assert [answer.get("isError", False) for answer in said] == [False, False, False, True]
    assert "try again in" in refusal(said[3])


def test_unknown_row_is_an_error(librarian: Caller) -> None:
    for pk in (999, 10**30, -1):
        assert "No Book matches" in refusal(librarian.call("book_retrieve", pk=pk))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": None}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"author": 999}, "author"),
        ({"author": 10**30}, "author"),
        ({"isbn": "9780000000001"}, "isbn"),
        ({"genre": "crime"}, "genre"),
        ({"published": "yesterday"}, "published"),
        ({"price": "-1"}, "price"),
        ({"price": "99999.999"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"pages": -1}, "pages"),
        ({"pages": 10**30}, "pages"),
        ({"pages": "many"}, "pages"),
        ({"note": "mine"}, "note"),
        ({"in_stock": False}, "in_stock"),
        ({"id": 7}, "id"),
    ],
)
def test_invalid_value_is_reported_with_its_field(
    librarian: Caller, books: list[Book], change: dict[str, Any], field: str
) -> None:
    result = librarian.call("book_create", **{**NEW, "author": books[0].author.pk, **change})
    assert field in refusal(result)
    assert "reference" not in refusal(result)
    assert Book.objects.count() == 4


@pytest.mark.parametrize("smuggled", [{"format": "xml"}, {"limit": 1}, {"pk": 1}, {"fields": "note"}, {"page": "1&x"}])
def test_arguments_that_are_not_declared_are_refused(librarian: Caller, smuggled: dict[str, Any]) -> None:
    assert next(iter(smuggled)) in refusal(librarian.call("book_list", **smuggled))


def test_what_was_written_before_the_view_failed_is_rolled_back(librarian: Caller, books: list[Book]) -> None:
    class Careless(BookViewSet):
        def perform_create(self, serializer: Any) -> None:
            serializer.save()
            raise RuntimeError("a secret of the server")

    expose(Careless, actions=["create"], name="careless")
    result = librarian.call("careless_create", **NEW, author=books[0].author.pk)
    assert "find the cause under" in refusal(result)
    assert "secret" not in refusal(result)
    assert Book.objects.count() == 4


def test_request_of_the_view_has_the_calling_person(reader: Caller) -> None:
    seen: list[Any] = []

    class WhoAmI(APIView):
        def get(self, request: Any) -> Response:
            """Say who asks."""
            seen.append((request.user, request.auth, request.META["REMOTE_ADDR"]))
            return Response({"me": request.user.get_username()})

    expose(WhoAmI, actions=["get"], name="who_am_i")
    assert "ada" in reader.call("who_am_i_get")["content"][0]["text"]
    [(user, auth, address)] = seen
    assert (user, auth.client, address) == (reader.person, reader.client, "127.0.0.1")
    request = WhoAmI.as_view(authentication_classes=[])
    assert request is not None
    assert not isinstance(user, AnonymousUser)


def test_generic_views_are_exposed_by_their_methods(reader: Caller, books: list[Book]) -> None:
    class Authors(generics.ListCreateAPIView[Author]):
        queryset = Author.objects.order_by("name")
        serializer_class = AuthorSerializer

    class OneAuthor(generics.RetrieveUpdateAPIView[Author]):
        queryset = Author.objects.all()
        serializer_class = AuthorSerializer
        lookup_field = "name"

    expose(Authors, actions=["get", "post"], name="authors")
    expose(OneAuthor, actions=["get", "patch"], name="one_author")
    assert [row["name"] for row in data_of(reader.call("authors_get"))] == ["Ada Lovelace", "Bob Dylan"]
    assert data_of(reader.call("authors_post", name="Cleo"))["name"] == "Cleo"
    assert data_of(reader.call("one_author_get", name="Cleo"))["born"] is None
    assert schema_of("one_author_get")["properties"]["name"] == {"type": "string"}


def test_argument_of_a_wrong_type_is_reported_as_for_other_tools(reader: Caller) -> None:
    assert refusal(reader.call("book_retrieve", pk={})).endswith("pk: Input should be a whole number")
