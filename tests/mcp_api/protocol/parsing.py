"""The message that a body and its headers are parsed into, which must be a request or a rejection."""

from typing import Any

from mcp_api.protocol.messages import Rejection, Request
from tests.mcp_api.protocol.generated import parse


def served(body: Any, headers: dict[str, str] | None = None) -> Request:
    message = parse(body, headers)
    assert isinstance(message, Request), message
    return message


def rejected(body: Any, headers: dict[str, str] | None = None) -> Rejection:
    message = parse(body, headers)
    assert isinstance(message, Rejection), message
    return message
