"""JSON Schema's `uniqueItems` over numbers whose hashes a client chose."""

import pytest

from mcp_api.schemas.validator import violations

pytestmark = pytest.mark.any_database


def test_unique_numbers_are_compared_by_what_nobody_can_choose() -> None:
    schema = {"type": "array", "uniqueItems": True}
    for equal in ([1, 1.0], [2**70, float(2**70)], [0.5, 0.5], [0, -0.0], [[1], [1.0]], [{"a": 2}, {"a": 2.0}]):
        assert violations(schema, equal)
    assert not violations(schema, [1, True, "0x1", "1", 0.1, 1e300, ["number", "0x1"], -1, 10**40])
