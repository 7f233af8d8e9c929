"""The MCP server. An app's `mcp_tools.py` needs no more than what is named here."""

from mcp_api.context import Context
from mcp_api.errors import ToolError
from mcp_api.registry import tool

__all__ = ["Context", "ToolError", "tool"]
