"""The library's own web interface, made long before anybody thought of MCP."""

from typing import Any, cast

from django.db import transaction
from rest_framework import filters, pagination, permissions, throttling, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from tests.library.models import Author, Book, Loan
from tests.library.serializers import AuthorSerializer, BookSerializer, LendSerializer


class Pages(pagination.PageNumberPagination):
    page_size = 10
    page_size_query_param = "page_size"
    max_page_size = 20


class LendingThrottle(throttling.UserRateThrottle):
    scope = "lending"
    rate = "3/minute"


class BookViewSet(viewsets.ModelViewSet[Book]):
    """Everybody who is signed in may read; people with Django's permissions may write."""

    queryset = Book.objects.select_related("author")
    serializer_class = BookSerializer
    pagination_class = Pages
    permission_classes = [permissions.IsAuthenticated, permissions.DjangoModelPermissions]
    filter_backends = [filters.SearchFilter, filters.OrderingFilter]
    search_fields = ["title", "author__name"]
    ordering_fields = ["title", "price"]

    @action(
        detail=True,
        methods=["post"],
        permission_classes=[permissions.IsAuthenticated],
        throttle_classes=[LendingThrottle],
        serializer_class=LendSerializer,
    )
    def lend(self, request: Request, pk: Any = None) -> Response:
        """Lend a book to whoever asks."""
        asked = LendSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        book = self.get_object()
        with transaction.atomic():
            Loan.objects.create(book=book, reader=cast(User, request.user), until=asked.validated_data["until"])
            Book.objects.filter(pk=book.pk).update(in_stock=False)
        return Response({"title": book.title, "reader": request.user.get_username()}, status=201)

    @action(detail=False)
    def cheapest(self, request: Request) -> Response:
        """Tell the title of the cheapest book."""
        book = self.get_queryset().order_by("price").first()
        return Response({"title": book.title if book else None})


class AuthorViewSet(viewsets.ModelViewSet[Author]):
    queryset = Author.objects.order_by("name")
    serializer_class = AuthorSerializer
    permission_classes = [permissions.IsAuthenticated]
