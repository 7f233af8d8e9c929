"""Which URL arguments an exposed view needs, by its code, and the form in which it gets them."""

from typing import Any

import pytest
from rest_framework import generics, permissions, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from mcp_api import expose
from tests.library.models import Book
from tests.library.serializers import BookSerializer
from tests.mcp_api.conftest import Caller, misdeclared
from tests.support.mcp.tool_results import data_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


class Pages(PageNumberPagination):
    page_size = 1


class OneBook(APIView):
    permission_classes = [permissions.IsAuthenticated]

    def get(self, request: Any, pk: str) -> Response:
        """Get a book."""
        return Response({"title": Book.objects.get(pk=int(pk)).title})


class OfOneAuthor(generics.ListAPIView[Book]):
    serializer_class = BookSerializer
    pagination_class = Pages
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self) -> Any:
        return Book.objects.filter(author_id=int(self.kwargs["pk"])).order_by("pk")


class Nested(viewsets.ReadOnlyModelViewSet[Book]):
    queryset = Book.objects.order_by("pk")
    serializer_class = BookSerializer
    pagination_class = None
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(author_id=self.kwargs["author_pk"])

    def get_object(self) -> Book:
        return self.get_queryset().get(pk=self.kwargs["pk"])


class Flat(Nested):
    def get_queryset(self) -> Any:
        if "genre" in self.kwargs:
            return Book.objects.filter(genre=self.kwargs["genre"])
        return Book.objects.order_by("pk")

    @property
    def shelf(self) -> str:
        return str(self.kwargs["shelf"])

    @action(detail=False)
    def on_shelf(self, request: Any) -> Response:
        """Find the shelf."""
        return Response({"shelf": self.shelf})


class Extended(Nested):
    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(note="lost")


@pytest.mark.parametrize(
    ("view", "actions", "missing"),
    [
        (OneBook, ["get"], "pk"),
        (OfOneAuthor, ["get"], "pk"),
        (Nested, ["list"], "author_pk"),
        (Extended, ["list"], "author_pk"),
        (Flat, ["on_shelf"], "shelf"),
    ],
)
def test_argument_that_the_code_cannot_do_without_is_reported(view: Any, actions: list[str], missing: str) -> None:
    with misdeclared("mcp_api.E013", match=f"needs the URL argument {missing}"):
        expose(view, name="books", actions=actions)


def test_argument_of_code_that_the_action_does_not_run_is_not_asked_for(reader: Caller, books: list[Book]) -> None:
    """Arguments of a replaced method, of another action, of get_object for a list, or whose presence is tested."""
    expose(Flat, name="flat", actions=["list", "retrieve"])
    assert len(data_of(reader.call("flat_list"))) == len(books)
    assert data_of(reader.call("flat_retrieve", pk=books[0].pk))["title"] == books[0].title


@pytest.mark.parametrize("form", [int, float, str])
def test_integer_is_taken_in_each_form_in_the_path_and_in_the_query(
    reader: Caller, books: list[Book], form: type[Any]
) -> None:
    """JSON has one type of numbers: 1.0 is an integer."""
    expose(OneBook, name="book", actions=["get"], parents={"pk": int})
    expose(OfOneAuthor, name="of_author", actions=["get"], parents={"pk": int})
    book = books[0]
    assert data_of(reader.call("book_get", pk=form(book.pk)))["title"] == book.title
    page = data_of(reader.call("of_author_get", pk=form(book.author.pk), page=form(1)))
    assert len(page["results"]) == 1
