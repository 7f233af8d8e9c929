"""The extension `io.modelcontextprotocol/ui`: tools with a page, and tools for pages alone."""

from typing import Any

from mcp_api.calls.call import Call
from mcp_api.extensions.apps.resource import MIME_TYPE, AppResource, resource_of, uri_of
from mcp_api.extensions.extension import Extension
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import as_tuple
from mcp_api.registry.resources import resources
from mcp_api.registry.tools import Tool

# The key of `_meta` by which older clients find the page.
LEGACY_KEY = "ui/resourceUri"


class Apps(Extension):
    """MCP Apps (SEP-1865)."""

    identifier = "io.modelcontextprotocol/ui"

    def ready(self) -> None:
        """Declare the pages of all tools that have one, and of those that are added later."""
        for tool in registry.tools.values():
            declare_page(tool)
        if declare_page not in registry.observers:
            registry.observers.append(declare_page)

    def settings(self) -> dict[str, Any] | None:
        has_apps = any(tool.app is not None for tool in registry.tools.values())
        return {"mimeTypes": [MIME_TYPE]} if has_apps else None

    def lists(self, call: Call, tool: Tool) -> bool:
        """Return False for a tool of apps alone where the client has no apps: its model would call the tool."""
        return is_for_model(tool) or self.is_declared(call)

    def tool_meta(self, tool: Tool) -> dict[str, Any]:
        if tool.app is None:
            return {}
        page = resources.get(uri_of(tool, tool.app)) if tool.app.template else None
        if not isinstance(page, AppResource):
            return {"ui": tool.app.tool_meta("")}
        uri = page.address
        return {"ui": tool.app.tool_meta(uri), LEGACY_KEY: uri}


def is_for_model(tool: Tool) -> bool:
    return tool.app is None or "model" in as_tuple(tool.app.visibility)


def declare_page(tool: Tool) -> None:
    """Add the resource of the tool's page, if it has one."""
    if tool.app is not None and tool.app.template:
        page = resource_of(tool, tool.app)
        resources[page.uri] = page
