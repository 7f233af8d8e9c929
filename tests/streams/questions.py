"""A tool's question, and the answer that its caller sends."""

from typing import Any

from tests.streams.wire import Wire

YES = {"action": "accept", "content": {"sure": True}}


def rename(wire: Wire, **retry: Any) -> dict[str, Any]:
    params = {"name": "rename", "arguments": {"name": "Ada"}, **retry}
    return wire.post(**wire.modern("tools/call", params)).json()


def answered(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "requestState": asked["requestState"],
        "inputResponses": dict.fromkeys(asked["inputRequests"], YES),
    }
