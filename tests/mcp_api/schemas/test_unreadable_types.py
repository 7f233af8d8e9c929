"""Types that pass as JSON Schema, and with which each call would fail: a system check instead."""

import datetime
import enum
from typing import Annotated, Any

import pytest
from mcp_types import ImageContent
from pydantic import BeforeValidator, PlainSerializer

from mcp_api.schemas.content import image
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.input_schema import arguments_of
from mcp_api.schemas.output_schema import result_of


class Pairs(enum.Enum):
    A, B = (1, 2), (3, 4)


class Mixed(enum.Enum):
    A, B = 1, (1, 2)


class Days(enum.Enum):
    FIRST = datetime.date(2020, 1, 1)


class Objects(enum.Enum):
    A = object()


class Texts(enum.Enum):
    A, B = "a", "b"


class Numbers(enum.IntEnum):
    A, B = 1, 2


def function(parameter: Any = int, result: Any = str) -> Any:
    def find(value: Any) -> Any:
        return value

    find.__annotations__ = {"value": parameter, "return": result}
    return find


@pytest.mark.parametrize(
    "parameter", [Pairs, Mixed, Days, Objects, list[Pairs], Pairs | None, dict[str, Days], type[int], list[type[int]]]
)
def test_parameter_that_no_json_value_fits_is_a_check(parameter: Any) -> None:
    with pytest.raises(DeclarationError) as found:
        arguments_of(function(parameter))
    assert found.value.check == "mcp_api.E005"
    assert found.value.hint


@pytest.mark.parametrize(
    "result",
    [
        *(type[int], list[type[int]], Objects),
        *(tuple[ImageContent, dict], tuple[dict, ImageContent], list[tuple[ImageContent, int]]),
    ],
)
def test_result_that_has_no_json_form_is_a_check(result: Any) -> None:
    with pytest.raises(DeclarationError) as found:
        result_of(function(result=result))
    assert found.value.check == "mcp_api.E005"


@pytest.mark.parametrize(("parameter", "sent", "got"), [(Texts, "a", Texts.A), (Numbers, 2, Numbers.B)])
def test_enum_of_texts_or_numbers_is_accepted(parameter: Any, sent: Any, got: Any) -> None:
    assert arguments_of(function(parameter)).check({"value": sent}) == {"value": got}


def test_type_behind_a_validator_of_the_author_is_accepted() -> None:
    pairs = Annotated[Pairs, BeforeValidator(tuple)]
    assert arguments_of(function(pairs)).check({"value": [1, 2]}) == {"value": Pairs.A}


def test_result_with_a_serializer_of_the_author_is_accepted() -> None:
    named = Annotated[type[int], PlainSerializer(lambda each: each.__name__, return_type=str)]
    found = result_of(function(result=named))
    assert found is not None
    assert found.shape(int)[1] == {"result": "int"}


@pytest.mark.parametrize(
    "result", [tuple[ImageContent, str], tuple[ImageContent, ...], list[ImageContent | dict], tuple[ImageContent, Any]]
)
def test_content_beside_text_and_what_may_be_content_are_accepted(result: Any) -> None:
    assert result_of(function(result=result)) is None
    assert image(b"").type == "image"


def test_enum_of_tuples_is_accepted_as_a_result() -> None:
    found = result_of(function(result=Pairs))
    assert found is not None
    assert found.shape(Pairs.A)[1] == {"result": [1, 2]}
