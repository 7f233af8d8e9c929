"""Addresses of the server in another site: `path("", include("oauth_mcp.urls"))`, at its root.

The specifications say where those below /.well-known/ are (RFC 8414 section 3, RFC 9728 section 3.1).
"""

from django.urls import re_path

from accounts.oauth.metadata import UnknownDocumentView
from accounts.urls import urlpatterns as of_the_authorization_server
from mcp_api.site.views import wrap_patterns
from mcp_api.urls import urlpatterns as of_the_mcp_server

urlpatterns = wrap_patterns(
    [
        # First, as it has the most requests.
        *of_the_mcp_server,
        *of_the_authorization_server,
        # Clients try addresses of other forms too. All others below /.well-known/ are the site's own.
        re_path(r"^\.well-known/oauth-(authorization-server|protected-resource)/", UnknownDocumentView.as_view()),
    ]
)
