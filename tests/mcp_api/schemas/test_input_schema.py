"""The JSON Schema of a function's parameters, and the arguments that are checked against it."""

from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.input_schema import arguments_of
from tests.support.mcp.models import Address, Colour, Node, Options, Person
from tests.support.mcp.schemas import check, input_schema, problem


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


@pytest.mark.parametrize("field", [Field(alias="words"), Field(validation_alias="words")])
@pytest.mark.parametrize("as_default", [True, False])
def test_alias_of_a_parameter_is_refused(field: Any, as_default: bool):
    def tool(text: str = field if as_default else ""): ...

    tool.__annotations__["text"] = str if as_default else Annotated[str, field]
    with pytest.raises(DeclarationError, match="The parameter text of tool has an alias"):
        arguments_of(tool)


def test_literal_and_enum_list_their_values():
    def tool(unit: Literal["metre", "foot"], colour: Colour = Colour.RED): ...

    schema = input_schema(tool)
    assert schema["properties"]["unit"]["enum"] == ["metre", "foot"]
    assert schema["properties"]["colour"]["enum"] == ["red", "blue"]
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


def test_schema_of_a_list_or_mapping_describes_its_items():
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


def test_at_most_five_problems_are_listed():
    def tool(numbers: list[int]): ...

    assert len(problem(tool, numbers=["x"] * 1000).splitlines()) == 5


def test_problems_do_not_repeat_what_was_sent():
    def tool(number: int): ...

    assert "hunter2" not in problem(tool, number="hunter2")
