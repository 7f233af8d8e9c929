"""Arguments in the forms that models send: JSON in strings, and null or an empty text for a default."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, Field, NaiveDatetime

from mcp_api.integrations.json_schema import SchemaArguments
from mcp_api.protocol.input_limits import MOST_VALUES
from mcp_api.schemas.input_schema import InvalidArguments, arguments_of


class Address(BaseModel):
    street: str
    number: int = 1


class Person(BaseModel):
    name: str
    address: Address | None = None


AT_HOME = Person(name="Ada", address=Address(street="Main"))


def take(  # noqa: PLR0917 - one of each kind
    person: Person | None = None,
    people: list[Person] = [],  # noqa: B006 - what an author may well write
    numbers: list[int] = [],  # noqa: B006
    text_or_numbers: str | list[int] = "",
    text: str = "",
    code: Annotated[str, Field(pattern="^[a-z]+$")] = "a",
    limit: int = 10,
    ratio: float = 0.5,
    flag: bool = False,
    level: Literal[1, 2] = 1,
) -> None: ...


def taken(**arguments: Any) -> Any:
    """Return the value that the function gets for the only argument."""
    (name,) = arguments
    return arguments_of(take).check(arguments)[name]


def problem(**arguments: Any) -> str:
    with pytest.raises(InvalidArguments) as caught:
        arguments_of(take).check(arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("person", '{"name": "Ada"}', Person(name="Ada")),
        ("people", '[{"name": "Ada"}]', [Person(name="Ada")]),
        ("people", ['{"name": "Ada"}'], [Person(name="Ada")]),
        ("person", {"name": "Ada", "address": '{"street": "Main"}'}, AT_HOME),
        ("person", json.dumps({"name": "Ada", "address": '{"street": "Main"}'}), AT_HOME),
        ("numbers", "[1,2]", [1, 2]),
        ("limit", "5", 5),
        ("level", "2", 2),
        ("flag", "true", True),
    ],
)
def test_json_in_a_string_is_read_where_the_string_does_not_fit(name: str, sent: Any, expected: Any) -> None:
    assert taken(**{name: sent}) == expected


@pytest.mark.parametrize(("name", "sent"), [("text", "[1,2]"), ("text_or_numbers", "[1,2]"), ("text", "null")])
def test_parameter_that_may_be_a_string_stays_one(name: str, sent: str) -> None:
    assert taken(**{name: sent}) == sent


@pytest.mark.parametrize(("name", "default"), [("limit", 10), ("text", ""), ("numbers", []), ("flag", False)])
@pytest.mark.parametrize("sent", [None, "null"])
def test_null_for_an_argument_with_a_default_is_its_default(name: str, default: Any, sent: Any) -> None:
    if name == "text" and sent == "null":
        default = "null"
    assert taken(**{name: sent}) == default


class Text(BaseModel):
    kind: Literal["text"]
    text: str
    tags: list[str]


class Link(BaseModel):
    kind: Literal["link"]
    link: Address


def test_kind_of_an_object_may_have_the_name_of_a_member() -> None:
    def tool(blocks: list[Annotated[Text | Link, Field(discriminator="kind")]]) -> None: ...

    blocks = [
        {"kind": "text", "text": "[1]", "tags": '["a"]'},
        {"kind": "link", "link": '{"street": "Main", "number": "2"}'},
    ]
    assert arguments_of(tool).check({"blocks": blocks})["blocks"] == [
        Text(kind="text", text="[1]", tags=["a"]),
        Link(kind="link", link=Address(street="Main", number=2)),
    ]


def test_many_objects_may_be_sent_as_strings() -> None:
    assert taken(people=['{"name": "Ada"}'] * 500) == [Person(name="Ada")] * 500


def test_what_was_sent_is_not_changed() -> None:
    sent = {"people": [{"name": "Ada", "address": '{"street": "Main"}'}, '{"name": "Eve"}']}
    before = json.dumps(sent)
    assert [each.name for each in arguments_of(take).check(sent)["people"]] == ["Ada", "Eve"]
    assert json.dumps(sent) == before


def test_null_in_an_object_is_the_default_of_its_member() -> None:
    assert taken(person={"name": "Ada", "address": {"street": "Main", "number": None}}).address.number == 1


@pytest.mark.parametrize("name", ["limit", "ratio", "level"])
def test_empty_text_for_an_optional_number_is_its_default(name: str) -> None:
    assert taken(**{name: ""}) == arguments_of(take).check({})[name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"person": "Ada"}, "person: Input should be a valid dictionary or instance of Person"),
        ({"person": '{"name": 1}'}, "person.name: Input should be a valid string"),
        ({"people": '[{"name": "Ada"}, {}]'}, "people.1.name: Field required"),
        ({"numbers": "[1, NaN]"}, "numbers: Input should be a valid list"),
        ({"numbers": "[1, 1e400]"}, "numbers: Input should be a valid list"),
        ({"numbers": "[1"}, "numbers: Input should be a valid list"),
        ({"numbers": "[" * 300_000}, "numbers: Input should be a valid list"),
        ({"numbers": "[\ud800]"}, "numbers: Input should be a valid list"),
        ({"limit": "[5]"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"code": "5"}, "code: String should match pattern '^[a-z]+$'"),
        ({"ratio": "NaN"}, "ratio: Input should be a finite number"),
        ({"ratio": "Infinity"}, "ratio: Input should be a finite number"),
        ({"ratio": "1e400"}, "ratio: Input should be a finite number"),
    ],
)
def test_error_is_about_what_was_sent_or_about_what_is_in_it(arguments: dict[str, Any], said: str) -> None:
    assert problem(**arguments) == said


def test_null_for_a_required_argument_is_refused_as_such() -> None:
    def tool(name: str) -> None: ...

    with pytest.raises(InvalidArguments, match=r"^name: Input should be a valid string$"):
        arguments_of(tool).check({"name": None})


@pytest.mark.parametrize("sent", [None, "", "[]"])
def test_unknown_argument_is_refused_whatever_is_sent(sent: Any) -> None:
    assert problem(unknown=sent) == "unknown: Extra inputs are not permitted"


def test_values_in_strings_count_with_the_others() -> None:
    half = "[" + "1," * (MOST_VALUES // 2) + "1]"
    assert (
        problem(numbers=half, people=half)
        == "people: Input should be a valid list\nnumbers: Input should be a valid list"
    )


def test_schema_of_a_view_reads_strings_as_well() -> None:
    schema = {"type": "object", "properties": {"limit": {"type": "integer"}, "tags": {"type": "array"}}}
    arguments = SchemaArguments(schema)
    assert arguments.check({"limit": "900", "tags": '["a"]'}) == {"arguments": {"limit": 900, "tags": ["a"]}}
    with pytest.raises(InvalidArguments, match="limit: Input should be a whole number"):
        arguments.check({"limit": "nine", "tags": "[]"})


def test_schema_of_a_view_reads_many_strings_and_strings_in_strings() -> None:
    numbers = {"type": "array", "items": {"type": "integer"}}
    arguments = SchemaArguments({"type": "object", "properties": {"numbers": numbers}})
    assert arguments.check({"numbers": ["1"] * 100}) == {"arguments": {"numbers": [1] * 100}}
    assert arguments.check({"numbers": '["1", "2"]'}) == {"arguments": {"numbers": [1, 2]}}


def test_time_without_an_offset_is_in_the_current_time_zone() -> None:
    def tool(when: datetime, times: list[datetime], naive: NaiveDatetime) -> None: ...

    with timezone.override("Asia/Kolkata"):
        got = arguments_of(tool).check(
            {"when": "2026-11-27T12:00:00", "times": ["2026-11-27T12:00:00Z"], "naive": "2026-11-27T12:00:00"}
        )
    assert got["when"].isoformat() == "2026-11-27T12:00:00+05:30"
    assert got["times"][0].isoformat() == "2026-11-27T12:00:00+00:00"
    assert got["naive"].tzinfo is None
    assert arguments_of(tool).json_schema()["properties"]["when"] == {"type": "string", "format": "date-time"}


def test_time_that_must_have_an_offset_is_refused_without() -> None:
    def tool(when: AwareDatetime) -> None: ...

    with pytest.raises(InvalidArguments, match="timezone"):
        arguments_of(tool).check({"when": "2026-11-27T12:00:00"})
