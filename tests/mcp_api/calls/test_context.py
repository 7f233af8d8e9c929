"""The Context that a tool is given, and its bounds."""

import pytest

from mcp_api import Context, tool
from tests.mcp_api.conftest import Caller

pytestmark = pytest.mark.django_db

DEEP = 6


def strings_within(thing: object, depth: int = DEEP, seen: set[int] | None = None) -> list[str]:
    """Each text that can be reached from `thing`, by attributes and by members."""
    seen = set() if seen is None else seen
    if depth == 0 or id(thing) in seen or isinstance(thing, type):
        return []
    seen.add(id(thing))
    if isinstance(thing, str | bytes):
        return [thing if isinstance(thing, str) else thing.decode(errors="replace")]
    members: list[object] = []
    if isinstance(thing, dict):
        members = [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple | set | frozenset):
        members = list(thing)
    else:
        slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        members = [getattr(thing, name, None) for name in slots if name != "__weakref__"]
        members += list(getattr(thing, "__dict__", {}).values())
    return [text for member in members for text in strings_within(member, depth - 1, seen)]


@pytest.mark.usefixtures("isolated_registry")
def test_nothing_that_a_tool_is_given_holds_the_token(caller: Caller) -> None:
    reached: list[str] = []

    @tool(read_only=True)
    def look_around(context: Context, text: str) -> str:
        """Look at all that can be reached."""
        reached.extend(strings_within(context))
        return text

    caller.call("look_around", text="hello")
    assert "ada" in reached
    assert not [text for text in reached if caller.raw in text]
