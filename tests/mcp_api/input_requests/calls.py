"""Calls of tools that ask their client, and its answers."""

from typing import Any

from pydantic import BaseModel

from tests.mcp_api.conftest import Caller, result_of
from tests.mcp_api.messages import CAPABILITIES_KEY, Body, meta, modern

ALL: Body = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}


class Name(BaseModel):
    name: str


def send(caller: Caller, name: str, params: Body | None = None, *, capabilities: Any = None, **arguments: Any) -> Any:
    described = {**meta(), CAPABILITIES_KEY: ALL if capabilities is None else capabilities}
    return caller.send(
        *modern("tools/call", {"name": name, "arguments": arguments, "_meta": described, **(params or {})})
    )


def asked(caller: Caller, name: str, params: Body | None = None, **arguments: Any) -> Body:
    result = result_of(send(caller, name, params, **arguments))
    assert result["resultType"] == "input_required"
    return result


def answered(result: Body, **answers: Any) -> Body:
    return {"requestState": result["requestState"], "inputResponses": answers}


def accept(name: Any) -> Body:
    return {"action": "accept", "content": {"name": name}}


def text_of(response: Any) -> str:
    return result_of(response)["content"][0]["text"]
