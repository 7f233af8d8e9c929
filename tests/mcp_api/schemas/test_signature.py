"""Parameters that the server passes."""

from typing import Any

import pytest

from mcp_api import Context
from mcp_api.schemas.signature import is_injected


class OwnContext(Context):
    """A type of which the server has no instance."""


@pytest.mark.parametrize("hint", [Context, Context | None])
def test_context_is_passed_by_the_server(hint: Any) -> None:
    assert is_injected(hint)


@pytest.mark.parametrize("hint", [str, str | None, OwnContext, Any, "Context"])
def test_other_types_are_arguments(hint: Any) -> None:
    assert not is_injected(hint)
