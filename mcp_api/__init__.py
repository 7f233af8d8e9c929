"""The MCP server. An app's `mcp_tools.py` needs no more than what is named here."""

from mcp_types import PromptMessage, ResourceLink

from mcp_api.content import audio, embedded, image
from mcp_api.context import Context
from mcp_api.errors import ToolError
from mcp_api.prompts import prompt
from mcp_api.registry import tool
from mcp_api.resources import resource

__all__ = [
    "Context",
    "PromptMessage",
    "ResourceLink",
    "ToolError",
    "audio",
    "embedded",
    "image",
    "prompt",
    "resource",
    "tool",
]
