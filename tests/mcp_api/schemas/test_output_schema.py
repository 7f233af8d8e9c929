"""The JSON Schema of a function's return type, and results in its form."""

import dataclasses
import json
import math
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, field_serializer

from mcp_api.errors import UnfitResult
from mcp_api.schemas.output_schema import result_of
from tests.support.mcp.models import Address, Colour, Node, Options, Person


class Renamed(BaseModel):
    kind: str = Field(serialization_alias="type")


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    one: int
    other: str


def output_schema(function: Callable[..., Any]) -> dict[str, Any]:
    result = result_of(function)
    assert result is not None
    schema = result.json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    return schema


def shaped(function: Callable[..., Any], value: Any) -> tuple[str, Any]:
    """Text and structured content, which must conform to the function's own schema."""
    result = result_of(function)
    assert result is not None
    text, structured = result.shape(value)
    Draft202012Validator(output_schema(function)).validate(structured)
    return text, structured


def test_function_that_returns_nothing_or_does_not_say_has_no_output_schema():
    def nothing() -> None: ...
    def silent(): ...

    assert result_of(nothing) is None
    assert result_of(silent) is None


def test_text_is_returned_unchanged_and_wrapped_in_an_object():
    def tool() -> str: ...  # type: ignore[empty-body]

    assert output_schema(tool)["properties"] == {"result": {"type": "string"}}
    assert shaped(tool, 'say "hi"') == ('say "hi"', {"result": 'say "hi"'})


def returns_int() -> int: ...  # type: ignore[empty-body]
def returns_list() -> list[Address]: ...  # type: ignore[empty-body]
def returns_optional() -> str | None: ...
def returns_pair() -> Pair: ...  # type: ignore[empty-body]
def returns_date() -> date: ...  # type: ignore[empty-body]
def returns_enum() -> Colour: ...  # type: ignore[empty-body]
def returns_either() -> Address | Person: ...  # type: ignore[empty-body]
def returns_anything() -> object: ...


@pytest.mark.parametrize(
    ("function", "value", "text", "result"),
    [
        (returns_int, 3, "3", 3),
        (returns_int, 2**70, str(2**70), 2**70),
        (returns_list, [], "[]", []),
        (
            returns_list,
            [Address(street="Größe", number=1)],
            '[{"street":"Größe","number":1}]',
            [{"street": "Größe", "number": 1}],
        ),
        (returns_optional, None, "null", None),
        (returns_pair, Pair(1, "a"), '[1,"a"]', [1, "a"]),
        (returns_date, date(2026, 7, 28), "2026-07-28", "2026-07-28"),
        (returns_enum, Colour.RED, "red", "red"),
        (
            returns_either,
            Person(name="Ada"),
            '{"name":"Ada","nickname":null,"addresses":[]}',
            {"name": "Ada", "nickname": None, "addresses": []},
        ),
        (returns_anything, {"a": [None]}, '{"a":[null]}', {"a": [None]}),
    ],
)
def test_value_that_is_not_an_object_is_wrapped_and_its_text_is_json(function, value, text, result):
    assert shaped(function, value) == (text, {"result": result})


def returns_model() -> Person: ...  # type: ignore[empty-body]
def returns_tree() -> Node: ...  # type: ignore[empty-body]
def returns_dataclass() -> Point: ...  # type: ignore[empty-body]
def returns_mapping() -> dict[str, int]: ...  # type: ignore[empty-body]
def returns_typed_dict() -> Options: ...  # type: ignore[empty-body]
def returns_renamed() -> Renamed: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("function", "value", "structured"),
    [
        (returns_model, Person(name="Ada"), {"name": "Ada", "nickname": None, "addresses": []}),
        (returns_model, {"name": "Ada"}, {"name": "Ada", "nickname": None, "addresses": []}),
        (
            returns_tree,
            Node(value=1, children=[Node(value=2)]),
            {"value": 1, "children": [{"value": 2, "children": []}]},
        ),
        (returns_dataclass, Point(1, 2), {"x": 1, "y": 2}),
        (returns_mapping, {"a": 1}, {"a": 1}),
        (returns_typed_dict, {"limit": 1}, {"limit": 1}),
        (returns_renamed, Renamed(kind="a"), {"type": "a"}),
    ],
)
def test_object_is_structured_content_as_it_stands(function, value, structured):
    text, content = shaped(function, value)
    assert content == structured
    assert json.loads(text) == structured


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (returns_int, "many"),
        (returns_int, None),
        (returns_model, Point(1, 2)),
        (returns_model, {"nickname": "Ada"}),
        (returns_model, Person.model_construct(name=1)),
        (returns_list, [Address(street="Main", number=1), None]),
        (returns_anything, object()),
        (returns_anything, b"\xff"),
    ],
)
def test_servers_must_provide_structured_results_that_conform_to_their_schema(function, value):
    result = result_of(function)
    assert result is not None
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own two are only this in common
        result.shape(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_number_that_json_does_not_have_is_refused(value):
    def tool() -> float: ...  # type: ignore[empty-body]

    with pytest.raises(ValueError, match="JSON"):
        shaped(tool, value)


class Measured(BaseModel):
    value: Any = None
    values: list[dict[str, Any]] = []


def returns_measured() -> Measured: ...  # type: ignore[empty-body]
def returns_dict() -> dict[str, Any]: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    ("function", "value", "where"),
    [
        (returns_dict, {"mean": math.nan}, "nan at mean"),
        (returns_dict, {"rows": [(1, math.inf)]}, r"inf at rows\.0\.1"),
        (returns_anything, [math.nan], "nan at 0"),
        (returns_measured, Measured(value=math.nan), "nan at value"),
        (returns_measured, Measured(values=[{"a": math.nan}]), r"nan at values\.0\.a"),
    ],
)
def test_number_of_no_declared_type_does_not_become_null(function: Any, value: Any, where: str) -> None:
    with pytest.raises(UnfitResult, match=where):
        shaped(function, value)


def test_null_that_the_author_wrote_stays_null() -> None:
    assert shaped(returns_dict, {"mean": None})[1] == {"mean": None}


class Told(BaseModel):
    mean: float | None = None

    @field_serializer("mean")
    def without_nan(self, mean: float | None) -> float | None:
        return None if mean is None or math.isnan(mean) else mean


def test_serializer_of_a_field_may_return_null_for_a_number() -> None:
    def tool() -> Told: ...  # type: ignore[empty-body]

    assert shaped(tool, Told(mean=math.nan))[1] == {"mean": None}


@pytest.mark.parametrize("function", [returns_anything, returns_optional])
def test_text_that_utf_8_does_not_have_is_refused(function):
    with pytest.raises(UnfitResult, match="surrogate"):
        shaped(function, "\ud800")
