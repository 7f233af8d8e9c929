"""Tools, resources and prompts of a server that is called over real HTTP."""

from tests.streams.mcp_tools import input_requests, permissions, private_input, prompts, resources, streaming, timeouts

__all__ = ["input_requests", "permissions", "private_input", "prompts", "resources", "streaming", "timeouts"]
