"""Errors of a request to the MCP endpoint."""

from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, MISSING_REQUIRED_CLIENT_CAPABILITY

from accounts.rate_limits import RateLimitExceeded, refusal_headers


class ToolError(Exception):
    """Raised by a tool, resource or prompt. Its text is returned to the model or client, which may act on it."""


class NotFound(ToolError):
    """Raised by a resource if there is nothing at its URI, and by other functions for an unknown object."""


class ExchangeRefused(ToolError):
    """The token of a call cannot be exchanged for one of another server. Its text says why, and what to do."""


class AuthorError(Exception):
    """A mistake in an app's code. Its text, for the author, says what to change.

    It is logged, and is shown with DEBUG and on the command line. A client gets only a reference to the log.
    """


class UnfitResult(AuthorError, ValueError):
    """A function returned a value that is not of its return type, or has no JSON form."""


class McpError(Exception):
    """A JSON-RPC error for the client: `code` is one of mcp_types.jsonrpc, `data` any JSON value.

    `detail` replaces the message in the audit log, if the message contains client input.
    """

    def __init__(self, code: int, message: str, data: Any = None, *, detail: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data
        self.detail = message if detail is None else detail

    @property
    def reason(self) -> str:
        """The reason in the audit log."""
        return str(self.code)


class InvalidAnswer(McpError):
    """An answer of the client does not fit its question, whose key is `key`."""

    def __init__(self, key: str, problem: str, detail: str) -> None:
        message = f"The answer to {key} does not fit"
        super().__init__(INVALID_PARAMS, f"{message}: {problem}", detail=f"{message}: {detail}")
        self.key = key


class Refused(McpError):
    """A ToolError of a resource or prompt, whose results cannot contain errors."""

    def __init__(self, error: ToolError) -> None:
        super().__init__(INVALID_PARAMS, str(error))

    @property
    def reason(self) -> str:
        return "tool_error"


class MissingCapability(McpError):
    """The client did not declare a required capability, or cannot be asked. `needed` is a ClientCapabilities object."""

    def __init__(self, needed: dict[str, Any], unreachable: str = "") -> None:
        names = [name for name in needed if name != "extensions"] + [*needed.get("extensions", ())]
        message = f"This requires a client with the capability {', '.join(names)}."
        if unreachable:
            message = f"The client cannot be asked. {unreachable}"
        super().__init__(MISSING_REQUIRED_CLIENT_CAPABILITY, message, {"requiredCapabilities": needed})
        self.needed = needed


class InsufficientScope(Exception):
    """The token lacks scopes that the person could grant. `scopes` are all that the operation requires."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(f"This requires the scope {' '.join(scopes)}.")
        self.scopes = scopes
        self.reason, self.detail = "insufficient_scope", str(self)


class TooMany(McpError):
    """More calls than the operator allows each person. `headers` hold the time to wait."""

    def __init__(self, exceeded: RateLimitExceeded) -> None:
        wait = exceeded.retry_after
        super().__init__(INVALID_REQUEST, f"Too many calls. Try again in {wait} s.", {"retryAfter": wait})
        self.headers = refusal_headers(exceeded)

    @property
    def reason(self) -> str:
        return "too_many_calls"


class ForeignOrigin(Exception):
    """The request comes from a web page of another origin that is not allowed."""


class UnknownEndpoint(Exception):
    """The address names a toolset that does not exist or is switched off."""

    reason = "unknown_endpoint"

    def __init__(self, first: str) -> None:
        super().__init__(f"There is nothing at this address. The MCP endpoint is {first}.")


class SessionGone(Exception):
    """The session that a request names does not exist, or no longer, for this person and client."""


class MethodNotAllowed(Exception):
    """The endpoint does not serve the HTTP method: never, if `allowed` names others, or not in its current state."""

    def __init__(self, message: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


class TooManyStreams(Exception):
    """The limit for open streams is reached."""

    def __init__(self) -> None:
        super().__init__("Too many streams are open.")


class Busy(Exception):
    """No worker thread or place for the call is available."""

    def __init__(self) -> None:
        super().__init__("The server is busy with other calls. Try again.")


class Cancelled(BaseException):
    """The call was cancelled. Like asyncio's CancelledError, it is not a subclass of Exception."""
