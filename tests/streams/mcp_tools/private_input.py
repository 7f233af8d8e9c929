"""Tools, prompts and resources whose input must not be repeated in errors and logs."""

import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from mcp_api import Context, prompt, resource, tool
from tests.streams.mcp_tools.completions import topics


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]


ShortPin = Annotated[str, Field(max_length=4, pattern="^[0-9]+$")]


class PinForm(BaseModel):
    pin: ShortPin
    colour: Literal["red", "green"] = "red"


PIN_SCHEMA = {
    "type": "object",
    "properties": {
        "pin": {"type": "string", "maxLength": 4, "pattern": "^[0-9]+$"},
        "colour": {"type": "string", "enum": ["red", "green"]},
        "count": {"type": "integer"},
    },
    "required": ["pin"],
    "additionalProperties": False,
}


@tool(read_only=True, schema={"maxProperties": 3, "propertyNames": {"maxLength": 8}})
def enroll(
    context: Context,
    *,
    pin: ShortPin = "1",
    colour: Literal["red", "green"] = "red",
    count: int = 0,
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None,
    counts: dict[str, int] | None = None,
    when: datetime.date | None = None,
    key: UUID | None = None,
) -> str:
    """Ask for a PIN, by a model."""
    return context.elicit("Your PIN?", PinForm, key="pin").action


@tool(read_only=True)
def enroll_by_schema(context: Context) -> str:
    """Ask for a PIN, by a JSON Schema."""
    return context.elicit("Your PIN?", PIN_SCHEMA, key="pin").action


@prompt(complete={"pin": topics})
def enroll_prompt(pin: ShortPin) -> str:
    """Use a PIN."""
    return "Said."


@resource("pin://{pin}")
def pin_number(pin: int) -> str:
    """The data of a PIN."""
    return "Nothing."
