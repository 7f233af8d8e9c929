"""Tests of tools: `from oauth_mcp.testing import McpClient`."""

from mcp_api.testing import McpClient, McpClientError, ToolResult, allow_exchange, in_this_thread

__all__ = ["McpClient", "McpClientError", "ToolResult", "allow_exchange", "in_this_thread"]
