"""Values that a client chose for their hashes are refused."""

from ipaddress import IPv6Address
from typing import Any
from uuid import UUID

import pytest

from accounts.http.hash_collisions import MODULUS
from mcp_api.protocol.messages import Rejection, Request
from tests.linear_time.inputs import message, parse_legacy, uuids_with_one_hash

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    "values",
    [
        [number * MODULUS for number in range(5000)],
        {str(number * MODULUS): 0 for number in range(5000)},
        [f"{number * MODULUS}.0" for number in range(5000)],
        uuids_with_one_hash(5000),
        [[number * MODULUS, "a"] for number in range(5000)],
        [[0] * 50 + [number * MODULUS] for number in range(1, 5000)],
        [f"{number * MODULUS}/1" for number in range(1, 5000)],
        [f"{IPv6Address(2**128 - 1 - MODULUS * number)}/128" for number in range(5000)],
        {"deeper": [{"a": [number * MODULUS for number in range(5000)]}]},
        [{"tags": uuids_with_one_hash(9)} for _ in range(1000)],
    ],
    ids=["integers", "names", "decimals", "UUIDs", "pairs", "long tuples", "fractions", "networks", "nested", "many"],
)
def test_values_that_were_chosen_to_have_one_hash_are_refused(values: Any) -> None:
    refused = parse_legacy(message({"name": "x", "arguments": {"values": values}}))
    assert isinstance(refused, Rejection)
    assert "chosen to have the same hash" in refused.message


@pytest.mark.parametrize(
    "values",
    [
        [0] * 5000,
        [2**62] * 5000,
        list(range(2**62, 2**62 + 5000)),
        [str(UUID(int=2**127 + number)) for number in range(5000)],
        [f"2030-01-01T00:{number:05}" for number in range(5000)],
        [{"id": number, "name": "a name"} for number in range(5000)],
        [number * MODULUS for number in range(8)],
    ],
    ids=["zeros", "the same", "large", "UUIDs", "texts", "objects", "few"],
)
def test_values_that_nobody_chose_are_read(values: Any) -> None:
    assert isinstance(parse_legacy(message({"name": "x", "arguments": {"values": values}})), Request)
