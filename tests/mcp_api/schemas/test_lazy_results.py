"""Lazy texts (gettext_lazy) in results and questions, in any collection."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from mcp_types import ImageContent
from pydantic import BaseModel, Field

from mcp_api import Context, image, tool
from mcp_api.schemas.output_schema import Result, result_of
from tests.mcp_api.conftest import Caller
from tests.mcp_api.input_requests.calls import asked
from tests.support.mcp.tool_results import has_only_a_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

MAY = gettext_lazy("May")


@dataclasses.dataclass
class Month:
    name: str
    days: int = 31


class Form(BaseModel):
    month: str = Field(title=MAY)  # type: ignore[call-overload]


def schema_for(annotation: Any) -> Result:
    def function() -> None: ...

    function.__annotations__["return"] = annotation
    result = result_of(function)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Month, Month(name=MAY), {"name": "May", "days": 31}),  # type: ignore[arg-type]
        (list[Month], [Month(name=MAY)], [{"name": "May", "days": 31}]),  # type: ignore[arg-type]
        (tuple[str, int], (MAY, 5), ["May", 5]),
        (frozenset[str], frozenset([MAY]), ["May"]),
        (dict[str, int], {MAY: 5}, {"May": 5}),
    ],
)
def test_lazy_texts_are_texts_in_each_collection(annotation: Any, value: Any, expected: Any) -> None:
    _, structured = schema_for(annotation).shape(value)
    assert structured in (expected, {"result": expected})


def test_lazy_text_may_stand_beside_an_image(caller: Caller) -> None:
    @tool
    def show() -> list[str | ImageContent]:
        return [MAY, image(b"png")]  # type: ignore[list-item]

    assert caller.call("show")["content"][0] == {"type": "text", "text": "May"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda context: context.elicit(MAY, Form),
        lambda context: context.elicit("", {"type": "object", "properties": {"a": {"type": "string", "title": MAY}}}),
        lambda context: context.sample(MAY),
    ],
)
def test_question_may_have_lazy_texts(caller: Caller, ask: Callable[[Context], Any]) -> None:
    @tool
    def show(context: Context) -> str:
        return str(ask(context))

    [request] = asked(caller, "show")["inputRequests"].values()
    assert "May" in str(request["params"])


def test_generator_is_read_once(caller: Caller) -> None:
    """A second attempt to convert what is left of it would find an empty list."""

    @tool
    def show() -> list[int]:
        return (each for each in ["a", "b"])  # type: ignore[return-value]

    assert has_only_a_reference(caller.call("show"), "SECRET")
