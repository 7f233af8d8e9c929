"""Sets and dictionaries in a signature: how many elements and keys they may have where a client chooses the hashes."""

import dataclasses
import json
import random
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, Json, RootModel
from pydantic.dataclasses import dataclass as checked_dataclass
from typing_extensions import TypedDict  # before Python 3.12 pydantic takes no other

from mcp_api.protocol.input_limits import MOST_HASHED
from mcp_api.schemas.input_schema import InvalidArguments, arguments_of

pytestmark = pytest.mark.any_database

ENOUGH = list(range(MOST_HASHED))
TOO_MANY = list(range(MOST_HASHED + 1))


class Numbers(BaseModel):
    # Named as members of pydantic's own schemas are.
    default: set[int] = set()
    metadata: dict[int, str] = {}


class Tree(BaseModel):
    numbers: frozenset[int] = frozenset()
    trees: list["Tree"] = []


class Extra(BaseModel, extra="allow"):
    __pydantic_extra__: dict[str, set[int]]


class Row(TypedDict, total=False):
    schema: dict[float, str]


@dataclasses.dataclass
class Plain:
    numbers: set[int]


@checked_dataclass
class Checked:
    numbers: set[int]


class Pair(NamedTuple):
    one: set[int]
    other: str


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: set[int]


class Dog(BaseModel):
    kind: Literal["dog"]


Root = RootModel[set[int]]
Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
Recursive = dict[str, "Tree"]


class Colour(Enum):
    RED = 1
    BLUE = 2


REFUSED = f"at most {MOST_HASHED} items"


def problem(annotation: Any, value: Any) -> str:
    """The error of `value` as an argument of the type `annotation`; empty if it is accepted."""

    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    try:
        arguments_of(function).check({"value": value})
    except InvalidArguments as refused:
        return str(refused)
    return ""


def names(values: list[int]) -> dict[str, Any]:
    return {str(value): 0 for value in values}


def texts(values: list[int]) -> list[str]:
    return [str(value) for value in values]


BOUNDED: dict[str, tuple[Any, Any]] = {
    "a set": (set[int], list),
    "a frozenset": (frozenset[float], list),
    "an abstract set": (AbstractSet[int], list),
    "a set of anything": (set, list),
    "decimals": (set[Decimal], list),
    "fractions": (set[Fraction], texts),
    "UUIDs": (set[UUID], lambda values: [str(UUID(int=value)) for value in values]),
    "durations": (set[timedelta], list),
    "pairs": (set[tuple[int, int]], lambda values: [[value, 0] for value in values]),
    "texts or numbers": (set[str | int], list),
    "texts that become numbers": (set[Annotated[str, AfterValidator(int)]], texts),
    "a dictionary": (dict[int, int], names),
    "a mapping": (Mapping[int, int], names),
    "an ordered dictionary": (OrderedDict[int, int], names),
    "a dictionary with defaults": (defaultdict[int, int], names),
    "a counter": (Counter[int], names),
    "perhaps": (set[int] | None, list),
    "one of two": (dict[int, int] | Literal["all"], names),
    "with a description": (Annotated[set[int], Field(description="Numbers")], list),
    "checked beforehand": (Annotated[set[int], BeforeValidator(list)], list),
    "checked afterwards": (Annotated[set[int], AfterValidator(sorted)], list),
    "in a list": (list[set[int]], lambda values: [values]),
    "in a tuple": (tuple[str, set[int]], lambda values: ["a", values]),
    "in further tuples": (tuple[set[int], ...], lambda values: [values]),
    "in a dictionary": (dict[str, set[int]], lambda values: {"a": values}),
    "in JSON": (Json[set[int]], json.dumps),
    "in a model": (Numbers, lambda values: {"default": values}),
    "keys in a model": (Numbers, lambda values: {"metadata": {str(value): "a" for value in values}}),
    "in a model in a list": (list[Numbers], lambda values: [{"default": values}]),
    "in a model that contains itself": (Tree, lambda values: {"trees": [{"trees": [{"numbers": values}]}]}),
    "in a model by name": (Recursive, lambda values: {"a": {"numbers": values}}),
    "in further members of a model": (Extra, lambda values: {"a": values}),
    "in a root model": (Root, list),
    "in a TypedDict": (Row, lambda values: {"schema": {str(value): "a" for value in values}}),
    "in a dataclass": (Plain, lambda values: {"numbers": values}),
    "in a dataclass of pydantic": (list[Checked], lambda values: [{"numbers": values}]),
    "in a named tuple": (Pair, lambda values: [values, "a"]),
    "in one of several models": (Pet, lambda values: {"kind": "cat", "lives": values}),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_elements_and_keys_whose_hash_a_client_can_choose_are_bounded(name: str) -> None:
    annotation, make = BOUNDED[name]
    assert problem(annotation, make(ENOUGH)) == ""
    assert REFUSED in problem(annotation, make(TOO_MANY))


UNBOUNDED: dict[str, tuple[Any, Any]] = {
    "a list": (list[int], list),
    "texts": (set[str], texts),
    "bytes": (frozenset[bytes], texts),
    "constrained texts": (set[Annotated[str, Field(pattern="^[0-9]+$", max_length=9)]], texts),
    "texts or none": (set[str | None], texts),
    "texts that are made of numbers": (set[Annotated[str, BeforeValidator(str)]], list),
    "choices": (set[Literal[1, 2]], lambda values: [1 + value % 2 for value in values]),
    "values of an enum": (set[Colour], lambda values: [1 + value % 2 for value in values]),
    "names": (dict[str, int], names),
    "any names": (dict, names),
    "names of any type": (dict[Any, int], names),
    "the same number": (set[int], lambda values: [7 for _ in values]),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_texts_and_choices_are_not_bounded(name: str) -> None:
    annotation, make = UNBOUNDED[name]
    assert problem(annotation, make(TOO_MANY)) == ""


def test_an_author_says_another_bound() -> None:
    def function(
        fewer: Annotated[set[int], Field(max_length=2)],
        more: Annotated[dict[int, int], Field(max_length=5000)],
        at_least: Annotated[set[int], Field(min_length=2000)],
    ) -> None: ...

    takes = arguments_of(function)
    takes.check({"fewer": [1, 2], "more": names(list(range(5000))), "at_least": list(range(2000))})
    for wrong in ({"fewer": [1, 2, 3]}, {"more": names(list(range(5001)))}, {"at_least": list(range(2001))}):
        with pytest.raises(InvalidArguments):
            takes.check({"fewer": [1], "more": {}, "at_least": list(range(2000)), **wrong})


def test_schema_names_the_bound() -> None:
    def function(numbers: set[int], by_number: dict[int, Numbers], words: set[str]) -> None: ...

    schema = arguments_of(function).json_schema()
    assert schema["properties"]["numbers"]["maxItems"] == MOST_HASHED
    assert schema["properties"]["by_number"]["maxProperties"] == MOST_HASHED
    assert "maxItems" not in schema["properties"]["words"]
    assert schema["properties"]["by_number"]["additionalProperties"]["properties"]["default"]["maxItems"] == MOST_HASHED


def test_a_model_is_not_bounded_where_its_author_uses_it() -> None:
    def function(numbers: Numbers) -> None: ...

    arguments_of(function)
    assert len(Numbers(default=set(TOO_MANY)).default) == len(TOO_MANY)
    assert "maxItems" not in json.dumps(Numbers.model_json_schema())


PLACES = 17
SMALL = 45_000


def same_path(count: int) -> list[int]:
    """`count` numbers of different hashes, most of whose first places in a dictionary are taken by small numbers.

    CPython's probing (Objects/dictobject.c): place = 5 * place + 1 + (hash >> 5, once more each time).
    """
    choose = random.Random(1)  # noqa: S311 - the same numbers each time
    mask = 2**PLACES - 1
    found: list[int] = []
    while len(found) < count:
        number = choose.randrange(SMALL)
        place, bits = number, PLACES
        for step in range(1, 9):
            for _ in range(40):
                more = number | choose.getrandbits(5) << bits
                if (after := (5 * place + (more >> 5 * step) + 1) & mask) < SMALL:
                    number, place, bits = more, after, bits + 5
                    break
            else:
                break
        else:
            found.append(number)
    return found


def test_numbers_that_share_a_path_through_a_dictionary_take_no_time() -> None:
    chosen = names([*range(SMALL), *same_path(4000)])
    for annotation in (dict[int, int], OrderedDict[int, int], Counter[int], defaultdict[int, int]):
        started = time.thread_time()
        assert REFUSED in problem(annotation, chosen)
        assert time.thread_time() - started < 0.1
