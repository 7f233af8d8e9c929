"""Metadata of a site below a path, at the root of its host."""

from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from accounts import urls as authorization_server
from accounts.oauth.metadata import UnknownDocumentView


def inserted_document(request: HttpRequest, name: str, about: str = "") -> Any:
    """Return the document `name` about `about`, the part after the site's path ("", `/mcp`, `/mcp/NAME`).

    The site's path is inserted after `name` (RFC 8414 section 3.1, RFC 9728 section 3.1).
    """
    try:
        # Among the server's own patterns alone, so that a path that is repeated is not resolved again and again.
        found = resolve(f"/.well-known/{name}{about}", authorization_server)  # type: ignore[arg-type]
    except Resolver404:
        return UnknownDocumentView.as_view()(request)
    return found.func(request, *found.args, **found.kwargs)
