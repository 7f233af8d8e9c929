"""The MCP endpoint on the site's event loop: `application = wrap(application)`."""

from mcp_api.site.asgi import wrap

__all__ = ["wrap"]
