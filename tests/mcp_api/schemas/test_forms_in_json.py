"""Values that JSON has in a form of its own, for types that ask for Python's values, and numbers of any size."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, Json

from mcp_api import tool
from mcp_api.schemas.input_schema import arguments_of
from tests.mcp_api.conftest import misdeclared
from tests.support.mcp.schemas import check, problem

pytestmark = pytest.mark.any_database


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Point:
    x: int


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    number: int = 1
    day: date | None = None
    moment: datetime | None = None
    time_left: timedelta | None = None
    price: Decimal | None = None
    key: UUID | None = None
    colour: Colour | None = None
    pair: tuple[int, str] | None = None
    numbers: set[int] = set()
    point: Point | None = None


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("day", "2026-11-27", date(2026, 11, 27)),
        ("time_left", "P1D", timedelta(1)),
        ("price", "1.50", Decimal("1.50")),
        ("key", str(UUID(int=1)), UUID(int=1)),
        ("colour", "red", Colour.RED),
        ("pair", [1, "a"], (1, "a")),
        ("numbers", [1, 1], {1}),
        ("point", {"x": 1}, Point(1)),
    ],
)
def test_strict_model_takes_what_its_schema_says(name: str, sent: Any, expected: Any) -> None:
    def function(strict: Strict) -> None: ...

    assert getattr(check(function, strict={name: sent})["strict"], name) == expected


def test_strict_parameter_takes_what_its_schema_says() -> None:
    def function(day: Annotated[date, Field(strict=True)], point: Annotated[Strict, Field(strict=True)]) -> None: ...

    assert check(function, day="2026-11-27", point={})["day"] == date(2026, 11, 27)


def test_time_in_a_strict_model_gets_a_time_zone() -> None:
    def function(strict: Strict) -> None: ...

    assert check(function, strict={"moment": "2026-11-27T12:00:00"})["strict"].moment.tzinfo is not None


def test_strict_number_is_no_boolean() -> None:
    def function(strict: Strict) -> None: ...

    assert problem(function, strict={"number": True}) == "strict.number: Input should be a valid integer"


def test_items_of_an_iterable_are_checked_before_the_call() -> None:
    def function(numbers: Iterable[int]) -> None: ...

    assert check(function, numbers=[1, "2"]) == {"numbers": [1, 2]}
    assert problem(function, numbers=["a"]).startswith("numbers.0: Input should be a valid integer")


@pytest.mark.parametrize("sent", ["1e999999999", "-1e309", "1e-999999999", "0e999999999"])
@pytest.mark.parametrize("annotation", [Decimal, Decimal | None, dict[str, Decimal]])
def test_decimal_is_no_larger_than_a_number_may_be(annotation: Any, sent: str) -> None:
    def function(price: Any) -> None: ...

    function.__annotations__["price"] = annotation
    value = {"a": sent} if annotation == dict[str, Decimal] else sent
    assert "at most 1.7e308" in problem(function, price=value)


@pytest.mark.parametrize(
    ("annotation", "sent"),
    [
        (Annotated[Decimal, Field(allow_inf_nan=True)], "NaN"),
        (complex, "nan"),
        (Json, "[NaN]"),
        (Json, "1e400"),
        (Json[dict[str, list[Any]]], '{"a": [Infinity]}'),
    ],
)
def test_number_that_json_does_not_have_comes_in_by_no_type(annotation: Any, sent: str) -> None:
    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    assert problem(function, value=sent).startswith("value: Input should be")


def test_json_in_a_string_is_read_where_the_type_says_so() -> None:
    def function(value: Json[list[int]]) -> None: ...

    assert check(function, value="[1]") == {"value": [1]}


@pytest.mark.usefixtures("isolated_registry")
@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[str, Field(ge=1)],
        Annotated[int | None, Field(max_length=3)],
        list[Annotated[bool, Field(multiple_of=2)]],
        Annotated[Point, Field(strict=True)],
    ],
)
def test_constraint_that_the_type_does_not_have_is_refused_at_start_up(annotation: Any) -> None:
    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    with misdeclared("mcp_api.E005", match="is not for its type"):
        tool(function)


def test_constraint_of_another_kind_of_text_is_kept() -> None:
    def function(
        name: Annotated[str | None, Field(max_length=3)] = None, count: Annotated[int, Field(ge=1)] = 1
    ) -> None: ...

    properties = arguments_of(function).json_schema()["properties"]
    assert properties["name"]["anyOf"][0] == {"type": "string", "maxLength": 3}
    assert properties["count"]["minimum"] == 1
