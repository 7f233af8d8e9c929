"""The schemas of REST framework actions: arguments and results from serializers, filters and pagination."""

from typing import Any

import pytest
from rest_framework import generics, serializers, viewsets
from rest_framework.response import Response

from mcp_api import expose
from mcp_api.registry import tools as registry
from tests.library.models import Book
from tests.library.serializers import BookSerializer
from tests.mcp_api.conftest import Caller
from tests.support.mcp.tool_results import data_of, refusal, schema_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


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


def test_partial_update_requires_only_the_key(reader: Caller) -> None:
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


def test_own_actions_take_the_arguments_of_their_serializer(reader: Caller) -> None:
    schema = schema_of("book_lend")
    assert schema["required"] == ["pk", "until"]
    assert schema["properties"]["until"] == {"type": "string", "format": "date", "description": "When it is due"}
    assert registry.tools["book_lend"].description == "Lend a book to whoever asks."


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


def test_result_that_a_project_shapes_itself_has_no_schema(reader: Caller, books: list[Book]) -> None:
    class Shaped(viewsets.ReadOnlyModelViewSet[Book]):
        queryset = Book.objects.order_by("pk")
        serializer_class = BookSerializer

        def get_serializer_class(self) -> Any:
            return BookSerializer

    expose(Shaped, actions=["list"], name="shaped")
    assert registry.tools["shaped_list"].result is None
    assert "Engines" in reader.call("shaped_list")["content"][0]["text"]
