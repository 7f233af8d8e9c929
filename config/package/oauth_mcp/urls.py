"""The server's addresses: `path("", include("oauth_mcp.urls"))`, at the root of the site."""

from mcp_api.site.urls import urlpatterns

__all__ = ["urlpatterns"]
