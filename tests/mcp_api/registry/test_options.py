"""Options of declarations with values of the wrong type: a system check with a hint, and no traceback."""

from collections.abc import Callable
from typing import Any

import pytest
from mcp_types import Icon

from mcp_api import prompt, resource, tool
from mcp_api.registry import resources as table
from mcp_api.registry import tools as registry
from tests.mcp_api.conftest import misdeclared

pytestmark = pytest.mark.usefixtures("isolated_registry")

DECORATORS: dict[str, Callable[..., Any]] = {
    "tool": tool,
    "prompt": prompt,
    "resource": lambda **options: resource("odd://options", **options),
}
WRONG = [
    ("scopes", 5, "mcp_api.E036"),
    ("scopes", [5], "mcp_api.E036"),
    ("scopes", b"read", "mcp_api.E036"),
    ("permission", 5, "mcp_api.E036"),
    ("permission", [None], "mcp_api.E036"),
    ("name", 5, "mcp_api.E036"),
    ("name", ["a"], "mcp_api.E036"),
    ("icons", ["x"], "mcp_api.E007"),
    ("icons", 5, "mcp_api.E007"),
    ("icons", "https://example.com/icon.png", "mcp_api.E007"),
]


@pytest.mark.parametrize("kind", DECORATORS)
@pytest.mark.parametrize(("option", "value", "check"), WRONG)
def test_option_of_a_wrong_type_is_a_check_and_not_a_traceback(kind: str, option: str, value: Any, check: str) -> None:
    def odd() -> str:
        """Nothing."""
        return ""

    with misdeclared(check):
        assert DECORATORS[kind](**{option: value})(odd) is odd
    assert "odd" not in registry.tools
    assert "odd://options" not in table.resources


@pytest.mark.parametrize("schema", [5, ["anyOf"], "anyOf"])
def test_schema_that_is_no_dictionary_is_a_check(schema: Any) -> None:
    def odd() -> str:
        """Nothing."""
        return ""

    with misdeclared("mcp_api.E005", "no dictionary"):
        tool(schema=schema)(odd)


def test_names_in_any_collection_and_icons_are_accepted() -> None:
    @tool(scopes={"read"}, permission=("auth.view_user",), icons=[Icon(src="https://example.com/i.png")], name="fine")
    def declared() -> str:
        """Nothing."""
        return ""

    assert registry.tools["fine"].scopes == ("read",)
    assert registry.tools["fine"].icons[0]["src"] == "https://example.com/i.png"
