"""Viewset actions as tools: which are exposed, their scopes and annotations, and errors of their declaration."""

from typing import Any

import pytest
from django.db import connection
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from mcp_api import expose
from mcp_api.registry import tools as registry
from mcp_api.schemas import declaration_errors
from tests.conformance.schemas import violations
from tests.library.models import Book
from tests.library.serializers import BookSerializer
from tests.library.views import BookViewSet
from tests.mcp_api.conftest import Caller, misdeclared, result_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


def test_nothing_is_exposed_that_is_not_named(reader: Caller) -> None:
    named = {"list", "retrieve", "create", "update", "partial_update", "destroy", "lend", "cheapest"}
    assert {name for name in registry.tools if name.startswith("book_")} == {f"book_{each}" for each in named}
    assert {name for name in registry.tools if name.startswith("author_")} == {"author_list"}


@pytest.mark.parametrize(
    ("name", "hints", "scopes"),
    [
        ("book_list", (True, False, True), ("read",)),
        ("book_retrieve", (True, False, True), ("read",)),
        ("book_create", (False, False, False), ("write",)),
        ("book_update", (False, True, True), ("write",)),
        ("book_partial_update", (False, True, True), ("write",)),
        ("book_destroy", (False, True, True), ("write",)),
        ("book_lend", (False, True, False), ("write",)),
        ("book_cheapest", (True, False, True), ("read",)),
    ],
)
def test_annotations_and_scopes_follow_the_method(
    reader: Caller, name: str, hints: tuple[bool, ...], scopes: tuple[str, ...]
) -> None:
    tool = registry.tools[name]
    assert tuple(tool.annotations[f"{hint}Hint"] for hint in ("readOnly", "destructive", "idempotent")) == hints
    assert (tool.scopes, tool.read_only) == (scopes, hints[0])


class Desk(viewsets.ViewSet):
    """A project's own actions, one for each method that writes."""

    @action(detail=False, methods=["post"])
    def purge(self, request: Any) -> Response:
        """Delete every loan that is over."""
        raise NotImplementedError

    @action(detail=False, methods=["put"])
    def put_back(self, request: Any) -> Response:
        """Put all books back."""
        raise NotImplementedError

    @action(detail=False, methods=["delete"])
    def clear(self, request: Any) -> Response:
        """Clear the desk."""
        raise NotImplementedError

    @action(detail=False)
    def look(self, request: Any) -> Response:
        """Look at the desk."""
        raise NotImplementedError


class Returns(APIView):
    def post(self, request: Any) -> Response:
        """Take books back."""
        raise NotImplementedError


def destructive_of(view: type[Any], *actions: str, **options: Any) -> list[bool]:
    """Return the destructiveHint of each of `actions`."""
    expose(view, actions=actions, name="own", **options)
    return [registry.tools.pop(f"own_{action}").annotations["destructiveHint"] for action in actions]


def test_writing_actions_of_a_projects_own_may_change_or_delete_unless_it_says_otherwise() -> None:
    assert destructive_of(Desk, "purge", "put_back", "clear", "look") == [True, True, True, False]
    assert destructive_of(Returns, "post") == [True]
    assert destructive_of(Desk, "purge", "put_back", destructive=False) == [False, False]
    assert destructive_of(Desk, "purge", "put_back", destructive={"purge": False}) == [False, True]


def test_project_may_say_that_its_create_overwrites() -> None:
    assert destructive_of(BookViewSet, "create", destructive={"create": True}) == [True]


def test_read_only_action_is_never_destructive() -> None:
    assert destructive_of(Desk, "look", "purge", destructive=True) == [False, True]


@pytest.mark.parametrize(("said", "problem"), [({"erase": False}, "'erase'"), ({"look": True}, "look is a GET")])
def test_destructive_without_effect_is_reported_at_start_up(said: dict[str, bool], problem: str) -> None:
    with misdeclared("mcp_api.E013", match=problem):
        expose(Desk, actions=["look"], name="own", destructive=said)


def test_descriptions_are_the_docstrings_or_generated(reader: Caller) -> None:
    assert registry.tools["book_list"].description == "List the library's books, a page at a time."
    assert registry.tools["book_retrieve"].description == "Get one of the books."


@pytest.mark.usefixtures("specification")
def test_lists_of_tools_are_of_the_specifications_schema(librarian: Caller) -> None:
    listed = result_of(librarian.modern("tools/list"))
    assert violations("2026-07-28", "ListToolsResult", listed) == []


def test_action_with_several_methods_or_path_arguments_is_reported_at_start_up() -> None:
    class Several(viewsets.GenericViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = BookSerializer

        @action(detail=True, methods=["get", "post"])
        def either(self, request: Any, pk: Any = None) -> Response:
            return Response({})

        @action(detail=True, url_path="of/(?P<year>[0-9]+)")
        def of_year(self, request: Any, pk: Any = None, year: Any = None) -> Response:
            return Response({})

    for name, problem in (("either", "has several methods"), ("of_year", "needs the URL argument year")):
        with misdeclared("mcp_api.E013", match=problem):
            expose(Several, actions=[name], name="several")


@pytest.mark.parametrize("action", ["lent", "get_queryset", "__init__", "post", "as_view", "permission_classes", ""])
def test_name_that_is_not_an_action_is_reported_at_start_up(reader: Caller, action: str) -> None:
    with misdeclared("mcp_api.E013", match="BookViewSet"):
        expose(BookViewSet, actions=[action], name="x")
    assert not [name for name in registry.tools if name.startswith("x_")]


def test_name_that_is_taken_is_reported_at_start_up(reader: Caller) -> None:
    with misdeclared("mcp_api.E001", match=r"book_list.* declared at tests\.library\.mcp_tools:\d+\."):
        expose(BookViewSet, actions=["list"])


def test_view_without_a_model_needs_a_name() -> None:
    class Nameless(APIView):
        def get(self, request: Any) -> Response:
            return Response({})

    with misdeclared("mcp_api.E013", match="would name its tools"):
        expose(Nameless, actions=["get"])


def test_serializer_that_needs_a_request_is_reported_at_start_up() -> None:
    class Needy(viewsets.ModelViewSet[Book]):
        queryset = Book.objects.all()

        def get_serializer_class(self) -> Any:
            return BookSerializer if self.request.user.is_staff else None

    with misdeclared("mcp_api.E013", match="get_serializer"):
        expose(Needy, actions=["create"], name="needy")
    assert declaration_errors.errors == []


def test_exposing_asks_the_database_nothing(reader: Caller, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        expose(BookViewSet, actions=["list", "create", "update"], name="again")
    assert connection.in_atomic_block
