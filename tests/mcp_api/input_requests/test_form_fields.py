"""Forms of models that are not flat: the fields of inner models, choices that are no strings, several types."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, cast

import pytest
from django.utils import timezone
from pydantic import BaseModel, Field, ValidationError

from mcp_api.input_requests.forms import form_of
from tests.conformance.schemas import violations


class Priority(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Street(BaseModel):
    name: str
    number: Annotated[int, Field(ge=1)] = 1


class Address(BaseModel):
    """An address."""

    street: Street
    city: Annotated[str, Field(title="Town")]


class Order(BaseModel):
    address: Address
    billing: Address | None = None
    price: Decimal
    discount: Annotated[Decimal | None, Field(ge=0)] = None
    priority: Priority = Priority.HIGH
    level: Literal[1, 20, "three"]
    marks: list[Priority] = []
    until: date | int
    amount: int | float = 1
    note: str | int | None = None


GOOD: dict[str, Any] = {
    "address.street.name": "Long Row",
    "address.city": "Derby",
    "price": 9.99,
    "level": "20",
    "until": "2030-01-01",
}


def properties() -> dict[str, Any]:
    shown: dict[str, Any] = form_of(Order).schema["properties"]
    return shown


@pytest.mark.usefixtures("specification")
@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_form_is_one_of_the_specification(revision: str) -> None:
    params = {"mode": "form", "message": "?", "requestedSchema": form_of(Order).schema}
    assert violations(revision, "ElicitRequestFormParams", params) == []


def test_fields_of_inner_models_are_fields_of_the_form() -> None:
    assert list(properties()) == [
        *("address.street.name", "address.street.number", "address.city"),
        *("billing.street.name", "billing.street.number", "billing.city"),
        *("price", "discount", "priority", "level", "marks", "until", "amount", "note"),
    ]
    assert properties()["address.street.number"] == {
        "type": "integer",
        "title": "Address: Street: Number",
        "minimum": 1,
        "default": 1,
    }
    assert properties()["address.city"]["title"] == "Address: Town"
    required = ["address.street.name", "address.city", "price", "level", "until"]
    assert form_of(Order).schema["required"] == required


def test_choices_are_texts_and_several_types_are_a_number_or_a_text() -> None:
    shown = properties()
    assert (shown["priority"]["type"], shown["priority"]["enum"], shown["priority"]["default"]) == (
        "string",
        ["1", "2"],
        "2",
    )
    assert shown["level"]["enum"] == ["1", "20", "three"]
    assert shown["marks"]["items"] == {"type": "string", "title": "Priority", "enum": ["1", "2"]}
    types = {name: shown[name]["type"] for name in ("price", "discount", "until", "amount", "note")}
    assert types == {"price": "number", "discount": "number", "until": "string", "amount": "number", "note": "string"}


def test_answer_comes_back_as_the_model() -> None:
    filled = form_of(Order).check({**GOOD, "priority": "1", "marks": ["2", "1"], "note": "x"})
    assert filled.address == Address(street=Street(name="Long Row"), city="Derby")
    assert (filled.billing, filled.price, filled.level) == (None, Decimal("9.99"), 20)
    assert (filled.priority, filled.marks) == (Priority.LOW, [Priority.HIGH, Priority.LOW])
    assert (filled.until, filled.note) == (date(2030, 1, 1), "x")


def test_optional_inner_model_is_made_once_a_field_of_it_is_filled_in() -> None:
    filled = form_of(Order).check({**GOOD, "billing.street.name": "Short Row", "billing.city": "Leeds"})
    assert filled.billing == Address(street=Street(name="Short Row"), city="Leeds")
    with pytest.raises(ValidationError, match=r"billing\.street"):
        form_of(Order).check({**GOOD, "billing.city": "Leeds"})


@pytest.mark.parametrize(
    ("field", "value"),
    [("address.street.number", 0), ("priority", "3"), ("level", "four"), ("marks", ["5"]), ("price", "dear")],
)
def test_answer_that_does_not_fit_names_the_field_of_the_model(field: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=field.replace(".", r"\.")):
        form_of(Order).check({**GOOD, field: value})


def test_answer_may_hold_the_inner_model_too() -> None:
    """A test, and a client that knows the model, may write it so."""
    content = {**GOOD, "address": {"street": {"name": "Long Row"}, "city": "Derby"}}
    del content["address.street.name"], content["address.city"]
    assert form_of(Order).check(content).address.city == "Derby"


@pytest.mark.parametrize("address", ["Derby", 5, None, []])
def test_answer_with_a_field_in_two_forms_is_no_error_of_the_server(address: Any) -> None:
    with pytest.raises(ValidationError):
        form_of(Order).check({"address": address, **GOOD, "price": "x"})


class Visit(BaseModel):
    note: str | None
    start: datetime
    weight: float = 1.0
    fee: Annotated[Decimal, Field(gt=Decimal("0.1"), le=Decimal("9.5"))] = Decimal("1.5")
    marks: list[Priority] = [Priority.LOW]
    home: Street | None
    work: Street = Street(name="Office")


def visited(**filled: Any) -> Visit:
    return cast(Visit, form_of(Visit).check({"start": "2030-01-01T10:00:00", **filled}))


def test_fields_that_may_be_null_can_be_left_empty() -> None:
    assert (visited().note, visited().home) == (None, None)


def test_optional_model_is_left_out_if_only_its_defaults_are_sent() -> None:
    """Clients send the defaults of fields that the person did not touch."""
    made = visited(**{"home.number": 1, "work.number": 1})
    assert (made.home, made.work) == (None, Street(name="Office"))
    assert visited(**{"home.name": "Long Row", "home.number": 1}).home == Street(name="Long Row")
    with pytest.raises(ValidationError, match=r"home\.name"):
        visited(**{"home.number": 7})


@pytest.mark.parametrize("number", ["nan", "Infinity", "1e400"])
def test_answer_has_only_finite_numbers(number: str) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        visited(weight=number)


def test_time_without_offset_is_in_the_current_time_zone() -> None:
    with timezone.override("Asia/Tokyo"):
        assert visited().start.isoformat() == "2030-01-01T10:00:00+09:00"


def test_defaults_and_limits_are_of_the_type_of_their_field() -> None:
    shown = form_of(Visit).schema["properties"]
    assert (shown["fee"]["default"], shown["fee"]["maximum"]) == (1.5, 9.5)
    assert shown["marks"]["default"] == ["1"]
