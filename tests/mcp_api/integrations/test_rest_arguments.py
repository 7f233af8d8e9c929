"""Arguments of exposed views: those of a GET, of parents in the path, of filters and pages of own actions; files."""

from typing import Any
from uuid import UUID

import pytest
from rest_framework import generics, pagination, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.response import Response

from mcp_api import expose
from mcp_api.registry import tools as registry
from tests.library.models import Book
from tests.library.serializers import BookSerializer
from tests.mcp_api.conftest import Caller, misdeclared
from tests.support.mcp.tool_results import data_of, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


class Period(serializers.Serializer[Any]):
    since = serializers.DateField()
    most = serializers.IntegerField(required=False, min_value=1)
    words = serializers.ListField(child=serializers.CharField(), required=False)


class Pages(pagination.PageNumberPagination):
    page_size = 1


class Shelf(viewsets.GenericViewSet[Book]):
    queryset = Book.objects.order_by("pk")
    serializer_class = BookSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends = [SearchFilter]
    search_fields = ["title"]
    pagination_class = Pages

    @action(detail=False)
    def report(self, request: Any) -> Response:
        """Report on a period."""
        period = Period(data=request.query_params)
        period.is_valid(raise_exception=True)
        return Response({**period.data, "words": request.query_params.getlist("words")})

    @action(detail=False)
    def cheap(self, request: Any) -> Response:
        """Find cheap books."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([book.title for book in rows or []])

    @action(detail=False)
    def all_titles(self, request: Any) -> Response:
        """List all titles."""
        return Response([book.title for book in self.filter_queryset(self.get_queryset())])

    @action(detail=False)
    def count(self, request: Any) -> Response:
        """Count the books."""
        return Response({"count": self.get_queryset().count()})


class OfAuthor(viewsets.ModelViewSet[Book]):
    serializer_class = BookSerializer
    permission_classes = [permissions.IsAuthenticated]
    pagination_class = None

    def get_queryset(self) -> Any:
        return Book.objects.filter(author_id=self.kwargs["author_pk"]).order_by("pk")

    @action(detail=False, url_path=r"since/(?P<year>\d+)/<slug:word>")
    def since(self, request: Any, author_pk: int, year: str, word: str) -> Response:
        """Count the books since a year."""
        return Response({"year": year, "word": word, "count": self.get_queryset().count()})

    @action(detail=True)
    def page(self, request: Any, **kwargs: Any) -> Response:
        """Show a page."""
        return Response({"page": self.kwargs["number"]})


def arguments_of(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = registry.tools[name].arguments.json_schema()["properties"]
    return properties


def test_arguments_of_a_get_are_its_query(reader: Caller) -> None:
    expose(Shelf, name="shelf", actions=["report"], serializers={"report": Period})
    result = data_of(reader.call("shelf_report", since="2030-01-01", most="900", words=["a", "b c"]))
    assert result == {"since": "2030-01-01", "most": 900, "words": ["a", "b c"]}
    assert "most" in refusal(reader.call("shelf_report", since="2030-01-01", most=0))


def test_own_list_is_searched_and_paged(reader: Caller, books: list[Book]) -> None:
    expose(Shelf, name="shelf", actions=["cheap", "all_titles", "count"])
    assert set(arguments_of("shelf_cheap")) == {"search", "page"}
    assert set(arguments_of("shelf_all_titles")) == {"search"}
    assert arguments_of("shelf_count") == {}
    assert data_of(reader.call("shelf_all_titles", search="Notes")) == ["Notes"]
    assert data_of(reader.call("shelf_cheap", page=2))["results"] == ["Notes"]


def test_key_of_a_parent_is_an_argument(reader: Caller, books: list[Book]) -> None:
    expose(OfAuthor, name="of_author", actions=["list", "retrieve"], parents={"author_pk": int})
    assert arguments_of("of_author_list")["author_pk"] == {"type": "integer"}
    assert registry.tools["of_author_list"].arguments.json_schema()["required"] == ["author_pk"]
    theirs = data_of(reader.call("of_author_list", author_pk=books[0].author.pk))
    assert {each["id"] for each in theirs} == {book.pk for book in books if book.author == books[0].author}
    other = next(book for book in books if book.author != books[0].author)
    assert "No Book matches" in refusal(reader.call("of_author_retrieve", author_pk=books[0].author.pk, pk=other.pk))


def test_arguments_in_the_path_of_an_action_are_taken(reader: Caller, books: list[Book]) -> None:
    parents = {"author_pk": int, "year": int, "word": str}
    expose(OfAuthor, name="of_author", actions=["since"], parents=parents)
    result = data_of(reader.call("of_author_since", author_pk=books[0].author.pk, year=2030, word="a"))
    assert (result["year"], result["word"]) == ("2030", "a")


@pytest.mark.parametrize(
    ("actions", "parents", "missing"),
    [
        (["list"], {}, "list needs the URL argument author_pk"),
        (["create"], {}, "create needs the URL argument author_pk"),
        (["since"], {"author_pk": int}, "since needs the URL argument word"),
        (["page"], {"author_pk": int}, "page needs the URL argument number"),
    ],
)
def test_url_argument_that_no_tool_would_pass_is_reported(
    actions: list[str], parents: dict[str, type], missing: str
) -> None:
    with misdeclared("mcp_api.E013", match=missing):
        expose(OfAuthor, name="of_author", actions=actions, parents=parents)


def test_arguments_of_other_actions_are_not_asked_for() -> None:
    """`page` alone reads the number, and `since` alone the year."""
    expose(OfAuthor, name="of_author", actions=["list", "destroy"], parents={"author_pk": UUID})
    assert arguments_of("of_author_destroy")["author_pk"] == {"type": "string", "format": "uuid"}


def test_type_of_a_parent_that_no_url_has_is_reported() -> None:
    with misdeclared("mcp_api.E013", match="has dict for author_pk"):
        expose(OfAuthor, name="of_author", actions=["list"], parents={"author_pk": dict})


def uploading(**options: Any) -> type[Any]:
    class Cover(serializers.Serializer[Any]):
        image = serializers.FileField(**options)

    class Upload(serializers.Serializer[Any]):
        title = serializers.CharField()
        cover = Cover(required=False)

    class Uploads(generics.CreateAPIView[Book]):
        queryset = Book.objects.all()
        serializer_class = Upload

    return Uploads


def test_required_file_is_reported() -> None:
    with misdeclared("mcp_api.E013", match=r"Uploads\.post requires the file cover\.image"):
        expose(uploading(), name="uploads", actions=["post"])


def test_optional_file_is_no_argument() -> None:
    expose(uploading(required=False), name="uploads", actions=["post"])
    assert arguments_of("uploads_post")["cover"]["properties"] == {}
