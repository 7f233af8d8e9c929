"""JSON-RPC messages of a client, as mcp_api/protocol/envelope.py parses them."""

from dataclasses import dataclass, field
from typing import Any

from mcp_types import CLIENT_INFO_META_KEY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

RequestId = str | int


@dataclass(frozen=True, slots=True)
class Request:
    """A JSON-RPC request. `version` is a known revision; `meta` is `params._meta`, empty in the legacy era."""

    id: RequestId
    method: str
    params: dict[str, Any]
    version: str
    meta: dict[str, Any] = field(default_factory=dict)
    # Whether the header names a legacy version and the body a modern one: the body counts, and a log line is written.
    header_disagrees: bool = False
    # The `Mcp-Param-…` headers, by lower-case name.
    param_headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_modern(self) -> bool:
        return self.version in MODERN_PROTOCOL_VERSIONS

    @property
    def client_info(self) -> Any:
        return self.meta.get(CLIENT_INFO_META_KEY)


@dataclass(frozen=True, slots=True)
class Notification:
    """A JSON-RPC notification, to which no response is sent."""

    method: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """A client's response to a request of the server (legacy era): a result, or an error message."""

    id: RequestId
    result: dict[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """An invalid message: the JSON-RPC error to send, with status 400, or 413 for a body that is too large."""

    code: int
    message: str
    id: RequestId | None = None
    data: Any = None
    status: int = 400


@dataclass(frozen=True, slots=True)
class Batch:
    """Several messages in one body (2025-03-26 only). None of them is a modern request or `initialize`."""

    messages: list[Request | Notification | Response | Rejection]


SingleMessage = Request | Notification | Response | Rejection
Message = SingleMessage | Batch


class Invalid(Exception):
    """Raised while a message is parsed, which then becomes a Rejection with this code, message and data."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def needs_no_session(message: Message) -> bool:
    """Return whether a session header has no meaning for `message`: a modern request, or `initialize`."""
    return isinstance(message, Request) and (message.is_modern or message.method == "initialize")
