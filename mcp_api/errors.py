"""Errors of a request to the MCP endpoint."""

from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, MISSING_REQUIRED_CLIENT_CAPABILITY

from accounts.rate_limits import RateLimitExceeded, refusal_headers


class ToolError(Exception):
    """Raised by a tool, resource or prompt: its text is told to the model or client, which may act on it."""


class NotFound(ToolError):
    """Raised by a resource where nothing is at that URI, and by whatever else does not find what it was asked for."""


class AuthorError(Exception):
    """A mistake in an app's code. The text says what its author has to change, in the log.

    A client is told a reference alone. The author is told the text: with DEBUG, and on the command line.
    """


class UnfitResult(AuthorError, ValueError):
    """A function returned what is not of its return type, or what cannot leave."""


class McpError(Exception):
    """A JSON-RPC error for the client: `code` is one of mcp_types.jsonrpc's, `data` anything JSON.

    `detail` is for the audit log, where the message repeats what the client sent.
    """

    def __init__(self, code: int, message: str, data: Any = None, *, detail: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data
        self.detail = message if detail is None else detail

    @property
    def reason(self) -> str:
        """What the operator reads in the trail."""
        return str(self.code)


class Refused(McpError):
    """A ToolError of a resource or prompt, whose results have no member for errors."""

    def __init__(self, error: ToolError) -> None:
        super().__init__(INVALID_PARAMS, str(error))

    @property
    def reason(self) -> str:
        return "tool_error"


class MissingCapability(McpError):
    """The client would have to do what it did not declare that it can: `needed` is a ClientCapabilities object."""

    def __init__(self, needed: dict[str, Any]) -> None:
        message = f"This needs a client that declares the capability {', '.join(needed)}."
        super().__init__(MISSING_REQUIRED_CLIENT_CAPABILITY, message, {"requiredCapabilities": needed})
        self.needed = needed


class InsufficientScope(Exception):
    """The token lacks scopes that the person could grant: `scopes` is all that the operation needs."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(f"This needs the scope {' '.join(scopes)}.")
        self.scopes = scopes
        self.reason, self.detail = "insufficient_scope", str(self)


class TooMany(McpError):
    """More than the operator lets anybody call in so much time. `headers` tell a client when to come again."""

    def __init__(self, exceeded: RateLimitExceeded) -> None:
        wait = exceeded.retry_after
        super().__init__(INVALID_REQUEST, f"Too many calls. Try again in {wait} s.", {"retryAfter": wait})
        self.headers = refusal_headers(exceeded)

    @property
    def reason(self) -> str:
        return "too_many_calls"


class ForeignOrigin(Exception):
    """The request comes from a web page that is neither ours nor allowed."""


class SessionGone(Exception):
    """The session that a request names is not there, any more, for this person and client."""


class MethodNotAllowed(Exception):
    """The endpoint does not serve that HTTP method (at all, with `allowed`; or now, for the reason that it tells)."""

    def __init__(self, why: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.allowed = allowed


class NoRoom(Exception):
    """As many streams are open as there may be."""

    def __init__(self) -> None:
        super().__init__("Too many streams are open.")


class Busy(Exception):
    """Nothing can be begun just now."""

    def __init__(self) -> None:
        super().__init__("The server is busy with other calls. Try again.")


class Cancelled(BaseException):
    """Nobody waits for the call any more. Like asyncio's, it gets past `except Exception` in a tool."""
