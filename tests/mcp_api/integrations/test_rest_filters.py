"""Filters of a view's list become arguments, also those of a project's own backend."""

from typing import Any

import django_filters
import pytest
from django.core.checks import run_checks
from django_filters.rest_framework import DjangoFilterBackend
from jsonschema import Draft202012Validator
from rest_framework import viewsets
from rest_framework.filters import OrderingFilter, SearchFilter

from mcp_api import expose
from mcp_api.registry import tools as registry
from mcp_api.schemas import declaration_errors
from tests.library.models import Author, Book
from tests.library.serializers import BookSerializer
from tests.mcp_api.conftest import Caller, misdeclared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


class BookFilter(django_filters.FilterSet):
    lent = django_filters.BooleanFilter(method="filter_lent")
    unknown = django_filters.BooleanFilter(field_name="no_such_field", method="filter_lent", label="Is unknown")
    price = django_filters.RangeFilter(help_text="What it costs.")
    published = django_filters.DateFromToRangeFilter()
    cheaper = django_filters.NumberFilter(field_name="price", lookup_expr="lt", label="Costs less than")
    genre = django_filters.MultipleChoiceFilter(choices=Book.Genre.choices)
    title_is = django_filters.AllValuesFilter(field_name="title")
    size = django_filters.ChoiceFilter(field_name="pages", choices=[(20, "thin"), ("more", [(300, "thick")])])
    order = django_filters.OrderingFilter(fields=["title", "price"])

    class Meta:
        model = Book
        fields = {"title": ["icontains"], "author": ["exact"], "pages": ["in"], "in_stock": ["exact"]}

    def filter_lent(self, queryset: Any, name: str, value: bool) -> Any:
        raise NotImplementedError


class Filtered(viewsets.ModelViewSet[Book]):
    queryset = Book.objects.order_by("title")
    serializer_class = BookSerializer
    filter_backends = [SearchFilter, DjangoFilterBackend]
    search_fields = ["title"]
    filterset_class: Any = BookFilter


def properties_of(name: str) -> dict[str, Any]:
    return dict(registry.tools[name].arguments.json_schema()["properties"])


def titles(caller: Caller, **arguments: Any) -> list[str]:
    answer = caller.call("filtered_list", **arguments)
    assert not answer.get("isError"), answer
    content = answer["structuredContent"]["result"]
    return [book["title"] for book in (content if isinstance(content, list) else content["results"])]


def test_filterset_of_django_filter_becomes_typed_arguments() -> None:
    expose(Filtered, actions=["list"], name="filtered")
    found = properties_of("filtered_list")
    assert found["price_min"] == {"type": "number", "description": "What it costs. (min)"}
    assert found["price_max"] == {"type": "number", "description": "What it costs. (max)"}
    assert found["published_after"]["format"] == found["published_before"]["format"] == "date"
    assert found["cheaper"] == {"type": "number", "description": "Costs less than"}
    assert found["genre"]["items"] == {"type": "string", "enum": Book.Genre.values}
    assert found["size"]["enum"] == [20, 300]
    assert found["title_is"]["type"] == "string"
    assert found["author"]["type"] == "integer"
    assert found["in_stock"]["type"] == "boolean"
    assert found["title__icontains"] == {"type": "string", "description": "Title contains"}
    assert "separated by commas" in found["pages__in"]["description"]
    assert "any of title, -title, price, -price" in found["order"]["description"]
    assert "search" in found


def test_filter_without_a_model_field_has_only_the_description_that_it_declares() -> None:
    expose(Filtered, actions=["list"], name="filtered")
    found = properties_of("filtered_list")
    assert found["lent"] == {"type": "boolean"}
    assert found["unknown"] == {"type": "boolean", "description": "Is unknown"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [(["price", ("title", "By title")], "price, title."), (None, "id, title"), ("__all__", "id, title"), ([], None)],
)
def test_fields_that_a_view_sorts_by_are_named(fields: Any, named: str | None) -> None:
    class Ordered(Filtered):
        filter_backends = [OrderingFilter]
        ordering_fields = fields

    expose(Ordered, actions=["list"], name="ordered")
    ordering = properties_of("ordered_list")["ordering"]
    assert ("pattern" in ordering) == (named is not None)
    assert f"Fields: {named or ''}" in ordering["description"] or named is None


@pytest.mark.parametrize(
    ("ordering", "is_accepted"),
    [
        *[("price", True), ("-price", True), ("title,-price", True), ("title, price", True)],
        *[("pages", False), ("price,", False), ("title price", False), ("", False), ("xprice", False)],
    ],
)
def test_list_is_sorted_by_fields_of_its_view_alone(ordering: str, is_accepted: bool) -> None:
    class Ordered(Filtered):
        filter_backends = [OrderingFilter]
        ordering_fields = ["price", "title"]

    expose(Ordered, actions=["list"], name="ordered")
    validator = Draft202012Validator(properties_of("ordered_list")["ordering"])
    assert validator.is_valid(ordering) == is_accepted


def test_orders_that_depend_on_the_request_are_any_text() -> None:
    class ByRequest(Filtered):
        filter_backends = [OrderingFilter]

        def get_serializer_class(self) -> Any:
            raise AttributeError("there is no request yet")

    expose(ByRequest, actions=["list"], name="ordered")
    assert properties_of("ordered_list")["ordering"].keys() == {"type", "description"}


def test_orders_of_a_backend_that_reads_them_itself_are_any_text() -> None:
    class Own(OrderingFilter):
        def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:
            raise NotImplementedError

    class Ordered(Filtered):
        filter_backends = [Own]
        ordering_fields = ["title"]

    expose(Ordered, actions=["list"], name="ordered")
    assert "pattern" not in properties_of("ordered_list")["ordering"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"price_min": 10, "price_max": 15}, ["Engines"]),
        ({"published_after": "1960-01-01", "published_before": "1970-01-01"}, ["Songs"]),
        ({"cheaper": 5}, ["Notes"]),
        ({"genre": ["poems", "novel"]}, ["Songs", "Tarantula"]),
        ({"title_is": "Notes"}, ["Notes"]),
        ({"size": 300}, ["Songs"]),
        ({"pages__in": "20,66"}, ["Engines", "Notes"]),
        ({"in_stock": False}, []),
        ({"title__icontains": "ara", "search": "tula"}, ["Tarantula"]),
        ({"order": "-price,title"}, ["Songs", "Engines", "Tarantula", "Notes"]),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_arguments_of_a_filterset_filter(reader: Caller, arguments: dict[str, Any], expected: list[str]) -> None:
    expose(Filtered, actions=["list"], name="filtered")
    assert titles(reader, **arguments) == expected


def test_related_row_is_an_argument_by_its_key(reader: Caller) -> None:
    expose(Filtered, actions=["list"], name="filtered")
    assert titles(reader, author=Author.objects.get(name="Bob Dylan").pk) == ["Songs", "Tarantula"]


def test_filterset_fields_become_arguments() -> None:
    class ByFields(Filtered):
        filterset_class = None
        filterset_fields = {"price": ["lt", "range"], "genre": ["exact"]}

    expose(ByFields, actions=["list"], name="fields")
    found = properties_of("fields_list")
    assert found.keys() >= {"price__lt", "price__range", "genre"}
    assert found["genre"]["enum"] == Book.Genre.values


class Silent:
    """A backend that says nothing of itself, as projects write them."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return queryset.filter(pages__gt=100)


def test_backend_without_a_schema_filters_without_arguments_and_is_reported(reader: Caller) -> None:
    class Quiet(Filtered):
        filter_backends = [Silent]

    expose(Quiet, actions=["list"], name="filtered")
    try:
        [told] = [message for message in run_checks() if message.id == "mcp_api.W004"]
    finally:
        declaration_errors.warnings.clear()
    assert "Silent" in told.msg
    assert titles(reader) == ["Songs", "Tarantula"]


def test_view_whose_own_code_fails_is_reported_at_start_up() -> None:
    class Backend(DjangoFilterBackend):
        def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
            return view.request.user.filterset

    class Needy(Filtered):
        filter_backends = [Backend]

    with misdeclared("mcp_api.E013", match=r"schemas of Needy\.list cannot be made: AttributeError"):
        expose(Needy, actions=["list"], name="needy")
    assert "needy_list" not in registry.tools


def test_refused_value_of_a_filter_is_shown_to_the_client(reader: Caller) -> None:
    expose(Filtered, actions=["list"], name="filtered")
    answer = reader.call("filtered_list", author=99)
    assert answer["isError"]
    assert "author" in answer["content"][0]["text"]
