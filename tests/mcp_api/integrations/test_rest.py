"""A REST framework viewset's actions as tools: what rules the view rules the tool."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from rest_framework import generics, permissions, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Event
from mcp_api import expose
from mcp_api.registry import tools as registry
from mcp_api.schemas import declaration_errors
from mcp_api.testing import McpClient
from tests.conformance.schemas import violations
from tests.library.models import Author, Book, Loan
from tests.library.serializers import AuthorSerializer, BookSerializer
from tests.library.views import BookViewSet
from tests.mcp_api.conftest import Caller, misdeclared, result_of
from tests.mcp_api.messages import LEGACY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


def schema_of(name: str) -> dict[str, Any]:
    return registry.tools[name].arguments.json_schema()


def data_of(result: dict[str, Any]) -> Any:
    assert not result.get("isError"), result
    structured = result["structuredContent"]
    return structured["result"] if set(structured) == {"result"} else structured


def refusal(result: dict[str, Any]) -> str:
    assert result["isError"], result
    return str(result["content"][0]["text"])


NEW = {"title": "Ulysses", "isbn": "9780000000009", "price": "7.50", "pages": 700}


# --- What is offered -----------------------------------------------------------------------------


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
    """What a project wrote itself, by each method that writes."""

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
    """Whether clients are told that each of `actions` may change or delete."""
    expose(view, actions=actions, name="own", **options)
    return [registry.tools.pop(f"own_{action}").annotations["destructiveHint"] for action in actions]


def test_writing_actions_of_a_projects_own_may_change_or_delete_unless_it_says_otherwise() -> None:
    assert destructive_of(Desk, "purge", "put_back", "clear", "look") == [True, True, True, False]
    assert destructive_of(Returns, "post") == [True]
    assert destructive_of(Desk, "purge", "put_back", destructive=False) == [False, False]
    assert destructive_of(Desk, "purge", "put_back", destructive={"purge": False}) == [False, True]


def test_project_may_say_that_its_create_overwrites() -> None:
    assert destructive_of(BookViewSet, "create", destructive={"create": True}) == [True]


def test_what_only_reads_is_never_announced_as_destructive() -> None:
    assert destructive_of(Desk, "look", "purge", destructive=True) == [False, True]


@pytest.mark.parametrize(("said", "problem"), [({"erase": False}, "'erase'"), ({"look": True}, "look is a GET")])
def test_destructive_that_says_nothing_is_told_at_start_up(said: dict[str, bool], problem: str) -> None:
    with misdeclared("mcp_api.E013", match=problem):
        expose(Desk, actions=["look"], name="own", destructive=said)


def test_serializers_become_schemas(reader: Caller) -> None:
    schema = schema_of("book_create")
    assert schema["required"] == ["title", "author", "isbn"]
    assert schema["properties"]["title"] == {
        "type": "string",
        "maxLength": 200,
        "description": "As it stands on the cover",
    }
    assert schema["properties"]["genre"]["enum"] == ["novel", "science", "poems"]
    assert schema["properties"]["published"] == {"type": ["string", "null"], "format": "date"}
    assert schema["properties"]["pages"]["minimum"] == 0
    assert not {"id", "in_stock", "author_name", "is_long"} & set(schema["properties"])
    assert schema["additionalProperties"] is False


def test_what_is_changed_in_part_needs_only_its_key(reader: Caller) -> None:
    assert schema_of("book_partial_update")["required"] == ["pk"]
    assert schema_of("book_update")["required"] == ["pk", "title", "author", "isbn"]
    assert schema_of("book_retrieve") == {
        "type": "object",
        "properties": {"pk": {"type": "integer"}},
        "additionalProperties": False,
        "required": ["pk"],
    }


def test_filters_and_pages_become_arguments(reader: Caller) -> None:
    properties = schema_of("book_list")["properties"]
    assert {name: described["type"] for name, described in properties.items()} == {
        "search": "string",
        "ordering": "string",
        "page": "integer",
        "page_size": "integer",
    }


def test_actions_of_ones_own_take_what_their_serializer_takes(reader: Caller) -> None:
    schema = schema_of("book_lend")
    assert schema["required"] == ["pk", "until"]
    assert schema["properties"]["until"] == {"type": "string", "format": "date", "description": "When it is due"}
    assert registry.tools["book_lend"].description == "Lend a book to whoever asks."


def test_descriptions_are_the_docstrings_or_told_or_made(reader: Caller) -> None:
    assert registry.tools["book_list"].description == "List the library's books, a page at a time."
    assert registry.tools["book_retrieve"].description == "Get one of the books."


@pytest.mark.usefixtures("specification")
def test_lists_of_tools_are_of_the_specifications_schema(librarian: Caller) -> None:
    listed = result_of(librarian.modern("tools/list"))
    assert violations("2026-07-28", "ListToolsResult", listed) == []


# --- Calling -------------------------------------------------------------------------------------


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


def test_action_of_ones_own_is_called(reader: Caller, books: list[Book]) -> None:
    answer = reader.call("book_lend", pk=books[0].pk, until="2030-01-01")
    assert "Engines" in answer["content"][0]["text"]
    assert Loan.objects.get().reader == reader.person
    assert "Notes" in reader.call("book_cheapest")["content"][0]["text"]


@pytest.mark.parametrize("version", ["", *LEGACY])
def test_data_of_an_action_of_ones_own_is_structured_content_too(
    reader: Caller, books: list[Book], version: str
) -> None:
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


# --- What the view refuses -----------------------------------------------------------------------


def test_views_permissions_rule(reader: Caller, books: list[Book]) -> None:
    assert "permission" in refusal(reader.call("book_create", **NEW, author=books[0].author.pk))
    assert Book.objects.count() == 4


def test_scopes_rule_beside_them(librarian: Caller) -> None:
    librarian.token.scope = "read"
    librarian.token.save()
    assert librarian.modern("tools/call", {"name": "book_destroy", "arguments": {"pk": 1}}).status_code == 403


def test_throttles_rule_and_tell_when_to_come_back(reader: Caller, books: list[Book]) -> None:
    said = [reader.call("book_lend", pk=books[0].pk, until="2030-01-01") for _ in range(4)]
    assert [answer.get("isError", False) for answer in said] == [False, False, False, True]
    assert "try again in" in refusal(said[3])


def test_unknown_row_is_told(librarian: Caller) -> None:
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
def test_what_does_not_fit_is_told_by_its_field(
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


def test_person_is_the_one_who_calls(reader: Caller) -> None:
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


# --- Other views ---------------------------------------------------------------------------------


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


def test_nested_serializers_are_taken_and_given(reader: Caller) -> None:
    class Inner(serializers.Serializer[Any]):
        street = serializers.CharField(max_length=20)

    class Outer(serializers.Serializer[Any]):
        tags = serializers.ListField(child=serializers.CharField(), required=False)
        addresses = Inner(many=True)
        extra = serializers.JSONField(required=False)

    class Echo(generics.GenericAPIView[Any]):
        serializer_class = Outer

        def post(self, request: Any) -> Response:
            """Give back what was sent."""
            asked = self.get_serializer(data=request.data)
            asked.is_valid(raise_exception=True)
            return Response(asked.validated_data)

    expose(Echo, actions=["post"], name="nested")
    sent = {"addresses": [{"street": "High St"}], "tags": ["a"], "extra": {"deep": [1]}}
    assert '"street":"High St"' in reader.call("nested_post", **sent)["content"][0]["text"]
    assert "street" in refusal(reader.call("nested_post", addresses=[{"street": "x" * 21}]))
    assert "street" in refusal(reader.call("nested_post", addresses=[{}]))


def test_fields_of_a_projects_own_shape_are_not_guessed(reader: Caller, books: list[Book]) -> None:
    class Odd(serializers.IntegerField):
        def to_representation(self, value: Any) -> Any:
            return {"pages": value}

    class OddSerializer(serializers.ModelSerializer[Book]):
        pages = Odd()

        class Meta:
            model = Book
            fields = ["title", "pages"]

    class Odds(viewsets.ReadOnlyModelViewSet[Book]):
        queryset = Book.objects.order_by("pk")
        serializer_class = OddSerializer

    expose(Odds, actions=["list"], name="odd")
    assert data_of(reader.call("odd_list"))[0] == {"title": "Engines", "pages": {"pages": 66}}


def test_choice_field_has_the_type_of_its_choices_where_the_model_has_it_too(reader: Caller) -> None:
    class ChoiceSerializer(serializers.ModelSerializer[Book]):
        pages = serializers.ChoiceField(choices=[(100, "short"), (300, "long")])
        isbn = serializers.ChoiceField(choices=[1, 2])
        kind = serializers.ChoiceField(choices=["a", "b"], source="author.name")

        class Meta:
            model = Book
            fields = ["genre", "pages", "isbn", "kind"]

    class Choices(viewsets.ReadOnlyModelViewSet[Book]):
        queryset = Book.objects.order_by("pk")
        serializer_class = ChoiceSerializer

    expose(Choices, actions=["list"], name="choice")
    result = registry.tools["choice_list"].result
    assert result is not None
    rows = result.json_schema()["properties"]["result"]
    assert rows["items"]["properties"] == {
        "genre": {"type": "string"},
        "pages": {"type": "integer"},
        "isbn": {},
        "kind": {},
    }
    Book.objects.update(genre="removed")
    assert {row["genre"] for row in data_of(reader.call("choice_list"))} == {"removed"}


def test_nothing_is_promised_of_what_a_project_shapes_itself(reader: Caller, books: list[Book]) -> None:
    class Shaped(viewsets.ReadOnlyModelViewSet[Book]):
        queryset = Book.objects.order_by("pk")
        serializer_class = BookSerializer

        def get_serializer_class(self) -> Any:
            return BookSerializer

    expose(Shaped, actions=["list"], name="shaped")
    assert registry.tools["shaped_list"].result is None
    assert "Engines" in reader.call("shaped_list")["content"][0]["text"]


def test_action_that_is_several_things_is_told_at_start_up() -> None:
    class Several(viewsets.GenericViewSet[Book]):
        queryset = Book.objects.all()
        serializer_class = BookSerializer

        @action(detail=True, methods=["get", "post"])
        def either(self, request: Any, pk: Any = None) -> Response:
            return Response({})

        @action(detail=True, url_path="of/(?P<year>[0-9]+)")
        def of_year(self, request: Any, pk: Any = None, year: Any = None) -> Response:
            return Response({})

    for name in ("either", "of_year"):
        with misdeclared("mcp_api.E013", match="several methods, or arguments in its path"):
            expose(Several, actions=[name], name="several")


# --- What cannot be exposed ----------------------------------------------------------------------


@pytest.mark.parametrize("action", ["lent", "get_queryset", "__init__", "post", "as_view", "permission_classes", ""])
def test_action_that_is_none_is_told_at_start_up(reader: Caller, action: str) -> None:
    with misdeclared("mcp_api.E013", match="BookViewSet"):
        expose(BookViewSet, actions=[action], name="x")
    assert not [name for name in registry.tools if name.startswith("x_")]


def test_argument_of_a_wrong_type_is_told_as_those_of_other_tools(reader: Caller) -> None:
    assert refusal(reader.call("book_retrieve", pk={})).endswith("pk: Input should be a whole number")


def test_name_that_is_taken_is_told_at_start_up(reader: Caller) -> None:
    with misdeclared("mcp_api.E001", match=r"book_list.* declared at tests\.library\.mcp_tools:\d+\."):
        expose(BookViewSet, actions=["list"])


def test_view_without_a_model_needs_a_name() -> None:
    class Nameless(APIView):
        def get(self, request: Any) -> Response:
            return Response({})

    with misdeclared("mcp_api.E013", match="would name its tools"):
        expose(Nameless, actions=["get"])


def test_serializer_that_needs_a_request_is_told_at_start_up() -> None:
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
