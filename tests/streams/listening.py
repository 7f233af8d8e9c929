"""Requests that open a stream of notifications, and the call that causes one."""

from typing import Any

from tests.streams.wire import Wire

EVERYTHING = {"toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True}


def listen(wire: Wire, **filters: Any) -> Any:
    return wire.stream(**wire.modern("subscriptions/listen", {"notifications": filters}))


def announce(wire: Wire, what: str, uri: str = "") -> None:
    """By a call that either process may take."""
    assert "result" in wire.post(**wire.tool("announce", what=what, uri=uri)).json()
