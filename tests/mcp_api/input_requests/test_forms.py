"""Forms: the fields that they may have, and how answers come back (spec: client/elicitation)."""

import enum
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Annotated, Any, Literal, Optional
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import gettext_lazy, override
from pydantic import BaseModel, EmailStr, Field

from mcp_api import Context, tool
from mcp_api.input_requests.forms import UnfitForm, form_of
from mcp_api.testing import McpClient
from tests.conformance.schemas import violations
from tests.support.factories import make_user


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Filled(BaseModel):
    """Everything that a flat model may hold."""

    name: Annotated[str, Field(title="Your name", min_length=2, max_length=40, pattern="^[a-z ]+$")]
    email: EmailStr
    born: date
    reference: UUID
    age: Annotated[int, Field(gt=0, le=150, multiple_of=1)]
    height: float | None = None
    colour: Colour = Colour.RED
    size: Literal["s", "m", "l"] = "m"
    days: Annotated[list[Literal["mon", "tue"]], Field(min_length=1)] = ["mon"]
    news: bool = False


GOOD: dict[str, Any] = {
    "name": "ada",
    "email": "ada@example.com",
    "born": "1815-12-10",
    "reference": str(uuid4()),
    "age": 36,
}


@pytest.mark.usefixtures("specification")
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_form_of_a_model_is_one_of_the_schema(revision: str) -> None:
    params = {"mode": "form", "message": "?", "requestedSchema": form_of(Filled).schema}
    assert violations(revision, "ElicitRequestFormParams", params) == []


def test_form_describes_the_fields_of_its_model() -> None:
    schema = form_of(Filled).schema
    assert schema["required"] == ["name", "email", "born", "reference", "age"]
    assert schema["properties"]["name"] == {"type": "string", "title": "Your name", "minLength": 2, "maxLength": 40}
    assert schema["properties"]["email"]["format"] == "email"
    assert schema["properties"]["born"]["format"] == "date"
    assert schema["properties"]["colour"] == {
        "type": "string",
        "title": "Colour",
        "enum": ["red", "green"],
        "default": "red",
    }
    assert schema["properties"]["height"]["type"] == "number"
    assert schema["properties"]["days"]["items"] == {"type": "string", "enum": ["mon", "tue"]}


def test_what_was_filled_in_comes_back_as_the_model() -> None:
    filled = form_of(Filled).check({**GOOD, "height": 1.6, "colour": "green"})
    assert isinstance(filled, Filled)
    assert (filled.born, filled.colour, filled.height) == (date(1815, 12, 10), Colour.GREEN, 1.6)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "A"), ("name", "ADA"), ("email", "ada"), ("age", 0), ("age", "old"), ("colour", "blue"), ("days", [])],
)
def test_even_what_the_form_could_not_say_is_checked(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        form_of(Filled).check({**GOOD, field: value})


def test_form_may_be_a_schema_whose_data_is_a_dict() -> None:
    form = form_of({"type": "object", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]})
    assert form.check({"sure": True}) == {"sure": True}
    with pytest.raises(ValueError, match="sure"):
        form.check({"sure": "yes"})
    with pytest.raises(ValueError, match="sure"):
        form.check({})


class Listed(BaseModel):
    people: list[Filled]


class Tree(BaseModel):
    name: str
    branches: list["Tree"] = []


class Line(BaseModel):
    name: str
    next: Optional["Line"] = None


class Labelled(BaseModel):
    labels: dict[str, str]


class Holding(BaseModel):
    odd: Callable[[], int]


class Many(BaseModel):
    names: list[str]


@pytest.mark.parametrize(
    "impossible",
    [Listed, Many, {"type": "string"}, {"type": "object", "properties": {"a": {"type": "object"}}}],
)
def test_what_no_client_could_make_a_form_of_is_refused(impossible: Any) -> None:
    with pytest.raises(TypeError):
        form_of(impossible)


@pytest.mark.parametrize(
    ("impossible", "field", "do"),
    [
        (Listed, "people", "It is a list of models"),
        (Tree, "branches", "It is a list of models"),
        (Line, "next", "put its fields into the form itself, or ask for it in a separate question"),
        (Labelled, "labels", "put its fields into the form itself"),
        (Many, "names", "a list of an Enum"),
    ],
)
def test_field_that_no_form_can_show_is_named_with_what_to_write(
    impossible: type[BaseModel], field: str, do: str
) -> None:
    with pytest.raises(UnfitForm, match=f"^{impossible.__name__} .* field {field}: ") as told:
        form_of(impossible)
    assert do in str(told.value)


@pytest.mark.parametrize("impossible", [Holding, Filled.model_construct(), Colour, str, None])
def test_form_that_is_not_a_model_is_reported_too(impossible: Any) -> None:
    with pytest.raises(UnfitForm, match=r"has no JSON Schema|needs a pydantic model"):
        form_of(impossible)


@pytest.mark.django_db
@pytest.mark.usefixtures("isolated_registry")
def test_author_sees_the_field_at_the_first_call(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    @tool
    def ask(context: Context) -> str:
        return context.elicit("Who?", Line).action

    said = "Line cannot be a form because of its field next: It is a model or another object. Forms are flat"
    client = McpClient(make_user("ada"), answers=[])
    assert said not in client.call("ask").text
    assert said in caplog.text
    output = StringIO()
    with pytest.raises(CommandError):
        call_command("mcp", "call", "ask", "--user", "ada", "--answer", "{}", stdout=output, stderr=StringIO())
    assert said in output.getvalue()
    settings.DEBUG = True
    assert said in client.call("ask").text


def test_form_has_its_lazy_texts_in_the_language_of_each_call() -> None:
    lazy: Any = gettext_lazy("Monday")

    class Day(BaseModel):
        name: str = Field(title=lazy)

    class Trip(BaseModel):
        start: Day

    titles = []
    for language in ("de", "fr"):
        with override(language):
            titles.append(str(form_of(Trip).schema["properties"]["start.name"]["title"]).partition(": ")[2])
    assert titles == ["Montag", "lundi"]
