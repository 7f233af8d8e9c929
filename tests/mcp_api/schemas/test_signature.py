"""A signature -> JSON Schema; arguments checked against it; results shaped by what the function says it returns."""

import dataclasses
import json
import math
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from django.core.exceptions import ImproperlyConfigured
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # before Python 3.12 pydantic takes no other

from mcp_api import Context
from mcp_api.schemas.input_schema import InvalidArguments, arguments_of
from mcp_api.schemas.output_schema import result_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: str
    number: int = Field(gt=0, description="The house number.")


class Person(BaseModel):
    name: str
    nickname: str | None = None
    addresses: list[Address] = []


class Node(BaseModel):
    value: int
    children: list["Node"] = []


class Renamed(BaseModel):
    kind: str = Field(serialization_alias="type")


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    one: int
    other: str


class Options(TypedDict, total=False):
    limit: int


def input_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """Its schema, which must be valid and of the form that MCP wants, whatever the function."""
    schema = arguments_of(function).json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    json.dumps(schema)
    return schema


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


def check(function: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    return arguments_of(function).check(arguments)


def problem(function: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(InvalidArguments) as refused:
        check(function, **arguments)
    return str(refused.value)


# --- Arguments -----------------------------------------------------------------------------


def test_parameter_without_a_default_is_required():
    def tool(text: str, times: int = 2): ...

    assert input_schema(tool) == {
        "type": "object",
        "properties": {"text": {"type": "string"}, "times": {"type": "integer", "default": 2}},
        "required": ["text"],
        "additionalProperties": False,
    }
    assert check(tool, text="a") == {"text": "a", "times": 2}
    assert check(tool, text="a", times=3) == {"text": "a", "times": 3}


def test_function_without_parameters_takes_an_empty_object():
    def tool(): ...

    assert input_schema(tool) == {"type": "object", "properties": {}, "additionalProperties": False}
    assert check(tool) == {}
    assert "extra" in problem(tool, extra=1)


def test_annotated_field_describes_and_limits_its_parameter():
    def tool(count: Annotated[int, Field(ge=1, le=9, description="How many.")] = 1): ...

    count = input_schema(tool)["properties"]["count"]
    assert count == {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many.", "default": 1}
    assert check(tool) == {"count": 1}
    assert problem(tool, count=0).startswith("count: ")


def test_field_may_stand_for_the_default():
    def tool(
        count: int = Field(3, ge=1, description="How many."),
        text: str = Field(description="Which."),
        tags: list[str] = Field(default_factory=list),  # noqa: B008 - this is how pydantic is written
    ): ...

    schema = input_schema(tool)
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 1, "description": "How many.", "default": 3}
    assert schema["required"] == ["text"]
    assert check(tool, text="a") == {"count": 3, "text": "a", "tags": []}


def test_parameter_keeps_its_name_whatever_alias_a_field_gives_it():
    def tool(text: Annotated[str, Field(alias="words")]): ...

    assert list(input_schema(tool)["properties"]) == ["text"]
    assert check(tool, text="a") == {"text": "a"}


def test_literal_and_enum_list_their_values():
    def tool(unit: Literal["metre", "foot"], colour: Colour = Colour.RED): ...

    schema = input_schema(tool)
    assert schema["properties"]["unit"]["enum"] == ["metre", "foot"]
    assert schema["$defs"]["Colour"]["enum"] == ["red", "blue"]
    assert check(tool, unit="foot", colour="blue") == {"unit": "foot", "colour": Colour.BLUE}
    assert problem(tool, unit="mile") == "unit: Input should be 'metre' or 'foot'"


def test_nested_model_is_an_object_for_the_client_and_a_model_for_the_function():
    def tool(person: Person): ...

    Draft202012Validator(input_schema(tool)).validate({"person": {"name": "Ada"}})
    person = {"name": "Ada", "addresses": [{"street": "Main", "number": 1}]}
    assert check(tool, person=person)["person"].addresses[0] == Address(street="Main", number=1)
    person["addresses"] = [{"street": "Main", "number": 0}]
    assert problem(tool, person=person) == "person.addresses.0.number: Input should be greater than 0"


def test_recursive_model_refers_to_itself():
    def tool(tree: Node): ...

    Draft202012Validator(input_schema(tool)).validate({"tree": {"value": 1, "children": [{"value": 2}]}})
    assert check(tool, tree={"value": 1, "children": [{"value": 2}]})["tree"].children[0].value == 2


def test_optional_parameter_takes_null():
    def tool(limit: int | None, text: str | None = None): ...

    schema = input_schema(tool)
    assert schema["properties"]["limit"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert schema["properties"]["text"]["default"] is None
    assert schema["required"] == ["limit"]
    assert check(tool, limit=None) == {"limit": None, "text": None}


def test_list_and_mapping_tell_what_is_in_them():
    def tool(names: list[str], counts: dict[str, int], options: Options): ...

    properties = input_schema(tool)["properties"]
    assert properties["names"] == {"type": "array", "items": {"type": "string"}}
    assert properties["counts"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert problem(tool, names=["a", 1], counts={"b": "x"}, options={}).splitlines() == [
        "names.1: Input should be a valid string",
        "counts.b: Input should be a valid integer, unable to parse string as an integer",
    ]


def test_list_that_is_a_default_is_not_shared_between_calls():
    def tool(names: list[str] = []): ...  # noqa: B006 - what an author may well write

    check(tool)["names"].append("left over")
    assert check(tool) == {"names": []}


def test_parameter_without_an_annotation_takes_anything():
    def tool(value, other=1): ...

    assert input_schema(tool)["properties"] == {"value": {}, "other": {"default": 1}}
    assert check(tool, value=[{}]) == {"value": [{}], "other": 1}


AWKWARD = ["schema", "json", "copy", "dict", "model_config", "model_fields", "self_", "_private", "__odd", "argument_0"]


def test_parameters_may_be_called_whatever_pydantic_reserves():
    def tool(schema: int, json, copy, dict, model_config, model_fields, self_, _private, __odd, argument_0): ...  # noqa: PLR0917

    assert list(input_schema(tool)["properties"]) == AWKWARD
    arguments = {name: number for number, name in enumerate(AWKWARD)}
    assert check(tool, **arguments) == arguments


def test_only_the_clients_own_names_are_known():
    def tool(text: str): ...

    assert problem(tool, argument_0="a").splitlines() == [
        "text: Field required",
        "argument_0: Extra inputs are not permitted",
    ]


def test_problems_are_told_up_to_five():
    def tool(numbers: list[int]): ...

    assert len(problem(tool, numbers=["x"] * 1000).splitlines()) == 5


def test_problems_do_not_repeat_what_was_sent():
    def tool(number: int): ...

    assert "hunter2" not in problem(tool, number="hunter2")


def test_keyword_only_parameter_is_one_like_any_other():
    def tool(*, text: str): ...

    assert check(tool, text="a") == {"text": "a"}


def positional(text: str, /): ...
def many(*texts: str): ...
def whatever(**texts: str): ...


@pytest.mark.parametrize(
    ("function", "parameter"), [(positional, "text: str"), (many, "*texts: str"), (whatever, "**texts: str")]
)
def test_parameter_that_cannot_be_passed_by_name_is_refused_when_declared(function, parameter):
    with pytest.raises(ImproperlyConfigured) as refused:
        arguments_of(function)
    assert str(refused.value).startswith(f"The parameter {parameter} of {function.__name__} ")


# --- Context -------------------------------------------------------------------------------


def first(context: Context, text: str): ...
def last(text: str, ctx: Context): ...
def keyword(*, text: str, context: Context): ...
def optional(text: str, context: Context | None = None): ...
def annotated(text: str, context: Annotated[Context, "ours"]): ...


@pytest.mark.parametrize("function", [first, last, keyword, optional, annotated])
def test_context_stands_anywhere_and_clients_never_see_it(function):
    assert list(input_schema(function)["properties"]) == ["text"]
    assert check(function, text="a") == {"text": "a"}
    name = arguments_of(function).context_parameter
    assert name in ("context", "ctx")
    assert name in problem(function, text="a", **{name: {}})


def test_parameter_called_context_that_is_something_else_is_the_clients():
    def tool(context: str): ...

    assert arguments_of(tool).context_parameter is None
    assert check(tool, context="a") == {"context": "a"}


# --- Results -------------------------------------------------------------------------------


def test_function_that_returns_nothing_or_does_not_say_has_no_output_schema():
    def nothing() -> None: ...
    def silent(): ...

    assert result_of(nothing) is None
    assert result_of(silent) is None


def test_text_is_told_as_it_stands_and_wrapped_in_an_object():
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
def returns_anything() -> Any: ...


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
def test_whatever_is_no_object_is_wrapped_and_its_text_is_json(function, value, text, result):
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


@pytest.mark.parametrize("function", [returns_anything, returns_optional])
def test_text_that_utf_8_does_not_have_is_refused(function):
    with pytest.raises(UnicodeEncodeError):
        shaped(function, "\ud800")


# --- Keywords of the author's own ----------------------------------------------------------------


def reach(phone: str = "", email: str = "") -> None: ...


ONE_OF_THEM = {"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}


def test_keywords_of_the_author_are_told_and_checked():
    takes = arguments_of(reach, ONE_OF_THEM)
    assert takes.json_schema()["anyOf"] == ONE_OF_THEM["anyOf"]
    assert takes.check({"phone": "1"}) == {"phone": "1", "email": ""}
    with pytest.raises(InvalidArguments):
        takes.check({})


@pytest.mark.parametrize("keywords", [{"allOf": 1}, {"if": []}, {"$schema": 7}])
def test_keywords_that_are_no_schema_are_refused(keywords):
    with pytest.raises(ImproperlyConfigured, match="reach"):
        arguments_of(reach, keywords)


@pytest.mark.parametrize("keyword", ["type", "properties", "required"])
def test_what_the_signature_says_cannot_be_said_otherwise(keyword):
    with pytest.raises(ImproperlyConfigured, match=keyword):
        arguments_of(reach, {keyword: {}})
