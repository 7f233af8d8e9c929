"""Schemas in the form that most clients read: without references, const and schemas by position."""

import enum
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar
from uuid import UUID

from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from mcp_api.schemas.input_schema import arguments_of
from mcp_api.schemas.output_schema import result_of
from mcp_api.schemas.portable import MOST_SCHEMAS, portable

Item = TypeVar("Item")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    door: Colour = Colour.RED


class Tree(BaseModel):
    address: Address
    branches: list["Tree"] = []


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


def properties(function: Any) -> dict[str, Any]:
    schema = arguments_of(function).json_schema()
    Draft202012Validator.check_schema(schema)
    assert "$ref" not in str(schema)
    found: dict[str, Any] = schema["properties"]
    return found


ADDRESS = {
    "description": "Where somebody lives.",
    "type": "object",
    "properties": {"street": {"type": "string"}, "door": {"type": "string", "enum": ["red", "blue"], "default": "red"}},
    "required": ["street"],
}


def test_models_and_enums_are_written_out_where_they_are_used() -> None:
    def tool(home: Address, others: list[Address], colour: Colour | None = None) -> None: ...

    found = properties(tool)
    assert found["home"] == ADDRESS
    assert found["others"] == {"type": "array", "items": ADDRESS}
    assert found["colour"]["anyOf"] == [{"type": "string", "enum": ["red", "blue"]}, {"type": "null"}]


def test_description_of_a_parameter_takes_the_place_of_its_models() -> None:
    def tool(home: Annotated[Address, Field(description="Where to deliver.")]) -> None: ...

    assert properties(tool)["home"] == {**ADDRESS, "description": "Where to deliver."}


def test_constant_is_a_list_of_one_value() -> None:
    def tool(unit: Literal["metre"], level: Literal[1]) -> None: ...

    assert properties(tool) == {
        "unit": {"type": "string", "enum": ["metre"]},
        "level": {"type": "integer", "enum": [1]},
    }


def test_tuple_is_a_list_of_a_fixed_length() -> None:
    def tool(point: tuple[float, float], entry: tuple[str, int]) -> None: ...

    length = {"type": "array", "minItems": 2, "maxItems": 2}
    assert properties(tool) == {
        "point": {**length, "items": {"type": "number"}},
        "entry": {**length, "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
    }


class Entry(NamedTuple):
    name: str
    copies: int = 1


def test_named_tuple_whose_last_items_may_be_absent_is_a_list_too() -> None:
    def tool(entry: Entry) -> None: ...

    kinds = [{"type": "string"}, {"type": "integer"}]
    assert properties(tool) == {"entry": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"anyOf": kinds}}}
    assert arguments_of(tool).check({"entry": ["Ada"]}) == {"entry": Entry("Ada")}


class Page(BaseModel, Generic[Item]):
    items: list[Item]


def test_names_of_classes_are_no_titles() -> None:
    def tool(page: Page[Colour]) -> None: ...
    def colour() -> Colour: ...  # type: ignore[empty-body]
    def address() -> Address: ...  # type: ignore[empty-body]
    def page() -> Page[int]: ...  # type: ignore[empty-body]

    assert "title" not in str(properties(tool))
    for function in (colour, address, page):
        result = result_of(function)
        assert result is not None
        assert "title" not in str(result.json_schema())


def test_discriminator_which_refers_to_definitions_is_left_out() -> None:
    def tool(pet: Annotated[Cat | Dog, Field(discriminator="kind")]) -> None: ...

    pet = properties(tool)["pet"]
    assert "discriminator" not in pet
    assert [each["properties"]["kind"]["enum"] for each in pet["oneOf"]] == [["cat"], ["dog"]]


def test_recursive_model_stays_a_definition_and_what_it_uses_is_written_out() -> None:
    def tool(tree: Tree) -> None: ...

    schema = arguments_of(tool).json_schema()
    assert schema["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    assert schema["$defs"] == {
        "Tree": {
            "type": "object",
            "properties": {
                "address": ADDRESS,
                "branches": {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "default": []},
            },
            "required": ["address"],
        }
    }
    Draft202012Validator(schema).validate({"tree": {"address": {"street": "Main"}, "branches": []}})


def test_definition_with_an_anchor_stays_one() -> None:
    class Named(BaseModel):
        model_config = ConfigDict(json_schema_extra={"$anchor": "named"})
        text: str

    def tool(one: Named, two: Named) -> None: ...

    schema = arguments_of(tool).json_schema()
    assert schema["properties"] == {"one": {"$ref": "#/$defs/Named"}, "two": {"$ref": "#/$defs/Named"}}
    assert schema["$defs"]["Named"]["$anchor"] == "named"


def test_formats_are_those_of_json_schema() -> None:
    def tool(day: date, key: UUID, page: HttpUrl, folder: Path, data: bytes, format: str) -> None: ...

    found = {name: schema.get("format") for name, schema in properties(tool).items()}
    assert found == {
        **{"day": "date", "key": "uuid", "page": "uri"},
        **dict.fromkeys(("folder", "data", "format")),
    }


def test_results_are_written_out_too() -> None:
    def tool() -> list[Address]: ...  # type: ignore[empty-body]

    result = result_of(tool)
    assert result is not None
    assert "$ref" not in str(result.json_schema())


def test_schema_that_would_grow_too_large_keeps_its_definitions() -> None:
    definitions: dict[str, Any] = {"D0": {"type": "object", "properties": {"text": {"type": "string"}}}}
    for number in range(1, 30):
        inner = {"$ref": f"#/$defs/D{number - 1}"}
        definitions[f"D{number}"] = {"type": "object", "properties": {"left": inner, "right": inner}}
    schema = {"type": "object", "properties": {"root": {"$ref": "#/$defs/D29"}}, "$defs": definitions}
    assert portable(schema) == schema
    assert len(str(portable({**schema, "properties": {"root": {"$ref": "#/$defs/D3"}}}))) < 100 * MOST_SCHEMAS


def test_schema_of_the_author_is_not_changed() -> None:
    schema = {"type": "object", "properties": {"unit": {"const": "metre"}}}
    assert portable(schema)["properties"]["unit"] == {"type": "string", "enum": ["metre"]}
    assert schema["properties"]["unit"] == {"const": "metre"}  # type: ignore[index]


def test_member_with_the_name_of_a_keyword_is_a_member() -> None:
    def tool(const: str, items: int, title: str) -> None: ...

    assert properties(tool) == {"const": {"type": "string"}, "items": {"type": "integer"}, "title": {"type": "string"}}
