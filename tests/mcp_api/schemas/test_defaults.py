"""A default that is not of the annotated type is reported at start-up."""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, models
from pydantic import AfterValidator, BaseModel, Field

from mcp_api import Context, prompt, resource, tool
from mcp_api.checks import refuse_wrong_declarations
from mcp_api.schemas.defaults import unfit_defaults
from mcp_api.schemas.input_schema import arguments_of


def in_words(value: object) -> str:
    """The name of a case, without the addresses in memory of what it is about: they differ in each process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


pytestmark = pytest.mark.usefixtures("isolated_registry")


class Colour(enum.Enum):
    RED = "red"


class Genre(models.TextChoices):
    NOVEL = "novel", "Novel"


class Page(BaseModel):
    number: int = 1


@dataclass
class Numbered:
    numbers: list[int] = field(default_factory=list)


def asking_the_database(value: int) -> int:
    raise OperationalError("no such table")


def told_of(function: Callable[..., Any]) -> list[str]:
    return [f"{unfit.name}: {unfit.problem}" for unfit in unfit_defaults(arguments_of(function))]


def of(annotation: Any, default: Any) -> Callable[..., Any]:
    """A function with one parameter, `n`, of that type and default."""

    def function(n: Any = default) -> None: ...

    function.__annotations__ = {"n": annotation}
    return function


UNFIT: list[tuple[Any, Any, str]] = [
    (int, "seven", "Input should be a valid integer"),
    (int, None, "Input should be a valid integer"),
    (int, Field(default="seven"), "Input should be a valid integer"),
    (int, Field("seven", ge=1), "Input should be a valid integer"),
    (Annotated[int, Field(default="seven")], ..., "Input should be a valid integer"),
    (Annotated[int, Field(ge=1)], 0, "greater than or equal to 1"),
    (Literal["a", "b"], "c", "Input should be 'a' or 'b'"),
    (list[int], [1, "two"], r"1: Input should be a valid integer"),
    (Colour, "blue", "Input should be 'red'"),
    (Page, {"number": "one"}, "number: Input should be a valid integer"),
    # What pydantic would convert: it does not, for a default.
    (int, "7", "type str, and is not converted"),
    (date, "2030-01-01", "type str, and is not converted"),
    (timedelta, 60, "type int, and is not converted"),
    (Colour, "red", "type str, and is not converted"),
    (Page, {}, "type dict, and is not converted"),
]

FIT: list[tuple[Any, Any]] = [
    (int, 7),
    (int | None, None),
    (float, 1),
    (Decimal, 0),
    (Any, "anything"),
    (list[str], ()),
    (set[str], []),
    (Genre, "novel"),
    (Colour, Colour.RED),
    (Page, Page()),
    (Numbered, Numbered()),
    (date, date(2030, 1, 1)),
    (Annotated[str, AfterValidator(str.lower)], "UTC"),
    (Annotated[int, AfterValidator(asking_the_database)], 7),
    (int, Field(default_factory=lambda: "seven")),
    (int, Field(ge=1)),
]


@pytest.mark.parametrize(("annotation", "default", "problem"), UNFIT, ids=in_words)
def test_default_of_the_wrong_type_is_found(annotation: Any, default: Any, problem: str) -> None:
    function = of(annotation, default)
    if default is ...:
        function.__defaults__ = None
    [told] = told_of(function)
    assert told.startswith("n: ")
    assert problem in told


@pytest.mark.parametrize(("annotation", "default"), FIT, ids=in_words)
def test_default_that_the_function_can_take_is_fine(annotation: Any, default: Any) -> None:
    assert told_of(of(annotation, default)) == []


def test_factory_is_not_called_at_start_up() -> None:
    def factory() -> int:
        raise AssertionError

    def function(first: int = Field(default_factory=factory), second: int = 2) -> None: ...

    assert told_of(function) == []


def test_context_needs_no_default_of_its_type() -> None:
    def function(context: Context | None = None, title: str = "") -> None: ...

    assert told_of(function) == []


@pytest.mark.parametrize("declare", [tool, prompt, resource("a://numbers{?n}")], ids=["tool", "prompt", "resource"])
def test_check_names_what_is_declared_the_argument_and_the_default(declare: Any) -> None:
    @declare
    def count(n: int = "seven") -> str:  # type: ignore[assignment]
        """Count."""
        return str(n)

    [message] = [each for each in run_checks() if str(each.id).startswith("mcp_api.")]
    assert message.id == "mcp_api.E016"
    assert message.msg.startswith("The default 'seven' of n in count does not fit: Input should be a valid integer")
    assert message.hint == (
        "The function gets the default unchanged. Use a default of the type int, or annotate another type."
    )
    with pytest.raises(ImproperlyConfigured, match=r"mcp_api\.E016"):
        refuse_wrong_declarations()


def test_none_for_what_is_not_optional_says_how_to_write_it() -> None:
    @tool
    def find(title: str = None) -> str:  # type: ignore[assignment] # noqa: RUF013 - that is what is wrong
        """Find."""
        return title

    [message] = [each for each in run_checks() if str(each.id).startswith("mcp_api.")]
    assert (message.id, message.hint) == (
        "mcp_api.E016",
        "Write `title: str | None`, so that clients may leave it out.",
    )
