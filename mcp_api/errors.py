"""What can go wrong with a request, by who has to be told."""

from typing import Any


class ToolError(Exception):
    """Raised by a tool: its text is told to the model, which may act on it."""


class McpError(Exception):
    """A JSON-RPC error for the client: `code` is one of mcp_types.jsonrpc's, `data` anything JSON."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class InsufficientScope(Exception):
    """The token lacks scopes that the person could grant: `scopes` is all that the operation needs."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(f"This needs the scope {' '.join(scopes)}.")
        self.scopes = scopes
