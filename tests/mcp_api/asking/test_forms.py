"""What a form may hold, and how what was filled in comes back (spec: client/elicitation)."""

import enum
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, EmailStr, Field

from mcp_api.asking.forms import form_of
from tests.clients.conftest import install_node_packages
from tests.conformance.harness import FOLDER
from tests.conformance.schemas import violations


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


@pytest.fixture(scope="module")
def specification() -> None:
    install_node_packages(FOLDER)


@pytest.mark.usefixtures("specification")
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_form_of_a_model_is_one_of_the_schema(revision: str) -> None:
    params = {"mode": "form", "message": "?", "requestedSchema": form_of(Filled).schema}
    assert violations(revision, "ElicitRequestFormParams", params) == []


def test_form_tells_what_the_model_says_of_its_fields() -> None:
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


class Nested(BaseModel):
    who: Filled


class Many(BaseModel):
    names: list[str]


class Numbered(BaseModel):
    level: Literal[1, 2]


class Either(BaseModel):
    value: int | str


@pytest.mark.parametrize(
    "impossible",
    [Nested, Many, Numbered, Either, {"type": "string"}, {"type": "object", "properties": {"a": {"type": "object"}}}],
)
def test_what_no_client_could_make_a_form_of_is_refused(impossible: Any) -> None:
    with pytest.raises(TypeError):
        form_of(impossible)
