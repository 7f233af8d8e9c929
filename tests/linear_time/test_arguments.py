"""Parameters of methods, and arguments of tools, are checked in linear time."""

from typing import Annotated, Any

import pytest
from mcp_types.methods import validate_client_request
from pydantic import Field, ValidationError

from mcp_api.integrations.json_schema import SchemaArguments
from mcp_api.protocol.input_limits import MOST_OTHER_VALUES, MOST_VALUES
from mcp_api.schemas.input_schema import InvalidArguments, arguments_of
from mcp_api.schemas.validation_messages import explain
from tests.linear_time.timing import MOST_SECONDS, MOST_SECONDS_PER_CALL, Make, Parse, check
from tests.mcp_api.messages import modern

pytestmark = pytest.mark.any_database


META = modern("tools/list")[0]["params"]["_meta"]


def validate(method: str, version: str) -> Parse:
    def validated(params: dict[str, Any]) -> None:
        try:
            validate_client_request(method, version, params)
        except ValidationError as error:
            explain(error)

    return validated


# The most that gets past mcp_api/protocol/input_limits.py.
PARAMS: dict[str, tuple[Parse, Make]] = {
    "inputResponses": (
        validate("tools/call", "2026-07-28"),
        lambda n: {"name": "x", "_meta": META, "inputResponses": {str(number): {} for number in range(n - 10)}},
    ),
    "subscriptions": (
        validate("subscriptions/listen", "2026-07-28"),
        lambda n: {"_meta": META, "notifications": {"resourceSubscriptions": [0] * (n - 10)}},
    ),
    "icons": (
        validate("initialize", "2025-11-25"),
        lambda n: {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "a", "version": "1", "icons": [{}] * (n - 10)},
        },
    ),
    "chosen arguments": (
        validate("completion/complete", "2025-11-25"),
        lambda n: {
            "ref": {"type": "ref/prompt", "name": "x"},
            "argument": {"name": "a", "value": "b"},
            "context": {"arguments": {str(number): 0 for number in range(n - 10)}},
        },
    ),
}


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_are_validated_in_linear_time(name: str) -> None:
    parse, make = PARAMS[name]
    check(parse, make, MOST_OTHER_VALUES, 2 * MOST_SECONDS)


def takes_numbers(numbers: list[int], text: Annotated[str, Field(max_length=10)] = "") -> None: ...


NUMBERS = arguments_of(takes_numbers).check
UNIQUE = SchemaArguments(
    {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}, "b": {"type": "string"}}}
).check
RECURSIVE = SchemaArguments(
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": {"type": "array"}}}
).check

ARGUMENTS: dict[str, tuple[Parse, Make]] = {
    "unknown arguments": (NUMBERS, lambda n: {str(number): 0 for number in range(n)}),
    "items of a wrong type": (NUMBERS, lambda n: {"numbers": ["a"] * n}),
    "items of another kind": (NUMBERS, lambda n: {"numbers": [[]] * n}),
    "numbers": (NUMBERS, lambda n: {"numbers": list(range(n))}),
    "unique texts": (UNIQUE, lambda n: {"a": [str(number) for number in range(n)]}),
    "unique texts and numbers": (
        UNIQUE,
        lambda n: {"a": [number if number % 2 else str(number) for number in range(n)]},
    ),
    "unique objects": (UNIQUE, lambda n: {"a": [{"b": number} for number in range(n // 2)]}),
    "unique lists": (UNIQUE, lambda n: {"a": [[number] for number in range(n // 2)]}),
    "unique floats": (UNIQUE, lambda n: {"a": [number + 0.5 for number in range(n)]}),
    "undeclared": (RECURSIVE, lambda n: {str(number): 0 for number in range(n)}),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_are_checked_in_linear_time(name: str) -> None:
    parse, make = ARGUMENTS[name]
    check(parse, make, MOST_VALUES, MOST_SECONDS_PER_CALL)


def test_equal_items_are_distinguished_from_similar_ones() -> None:
    items: Any
    for items in ([1, True], [0, False, None, ""], [{"a": 1}, {"a": True}], [[1], [2]], ["1", 1], [{}, []]):
        UNIQUE({"a": items})
    for items in ([1, 1.0], ["a", "a"], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [[1], [1.0]], [None, None]):
        with pytest.raises(InvalidArguments):
            UNIQUE({"a": items})
