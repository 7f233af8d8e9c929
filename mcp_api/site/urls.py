"""Addresses of the server in another site: `path("", include("oauth_mcp.urls"))`, at its root.

The specifications say where those below /.well-known/ are (RFC 8414 section 3, RFC 9728 section 3.1).
"""

import re

from django.urls import include, path, re_path

from accounts import urls as authorization_server
from accounts.http.mount import prefix_of
from accounts.oauth.metadata import UnknownDocumentView
from mcp_api import urls as mcp_server
from mcp_api.conf import conf
from mcp_api.site.inserted import inserted_document
from mcp_api.site.views import wrap_patterns, wrap_view

DOCUMENTS = "oauth-authorization-server|oauth-protected-resource"
PREFIX = re.escape(prefix_of(conf.PUBLIC_URL))

urlpatterns = [
    # First, as it has the most requests.
    path("", include((wrap_patterns(mcp_server.urlpatterns), mcp_server.app_name))),
    path("", include((wrap_patterns(authorization_server.urlpatterns), authorization_server.app_name))),
    # With a path in PUBLIC_URL, such as that of FORCE_SCRIPT_NAME.
    re_path(rf"^\.well-known/(?P<name>{DOCUMENTS}){PREFIX}(?P<about>/.*)?$", wrap_view(inserted_document)),
    # Clients try addresses of other forms too. All others below /.well-known/ are the site's own.
    re_path(rf"^\.well-known/(?:{DOCUMENTS})/", wrap_view(UnknownDocumentView.as_view())),
]
