"""The server in a Django project that is not this one (docs/add-to-your-site.md).

configure      completes the settings of the site
urls           is included in its URLconf
asgi           serves the MCP endpoint on its event loop
"""

from mcp_api.site.configure import configure

__all__ = ["configure"]
