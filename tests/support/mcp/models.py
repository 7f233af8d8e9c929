"""Types for parameters and results of functions."""

from enum import Enum

from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # before Python 3.12 pydantic takes no other


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


class Options(TypedDict, total=False):
    limit: int
