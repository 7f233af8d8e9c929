"""404 responses: a page where HTML is asked for, otherwise JSON that names the right address."""

import re

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.http.address import endpoint, issuer, resource
from accounts.languages.offered import SOURCE
from accounts.oauth.metadata import issuer_metadata_url
from accounts.responses import JSONView, error_response

NOTHING_HERE = "There is nothing at this address."
# Endpoints that clients guess instead of reading the metadata, as MCP 2025-03-26 allowed them to.
GUESSED_ENDPOINT = re.compile(r"/(register|token|authorize)/?")
# The HTTP+SSE transport of MCP 2024-11-05.
FORMER_TRANSPORT = re.compile(r"/(sse|messages?)/?")
# The addresses above, and all below those of the two servers: what the URLconf sends here, with DEBUG as well.
ANSWERED = r"^(register|token|authorize|sse|messages?)/?$|^(oauth|mcp)/"


class NotFoundView(JSONView):
    """404 for each method, without CSRF protection: programs send POST requests to such addresses."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return not_found(request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 404 response; `exception` is Django's, as this is its handler404 too."""
    if prefers_html(request):
        return render(request, "404.html", {"hint": hint_for(request)}, status=404)
    with override(SOURCE):
        return error_response("not_found", f"{NOTHING_HERE} {hint_for(request)}".rstrip(), status=404)


def hint_for(request: HttpRequest) -> str:
    """Return a sentence with the address that the client probably looks for, or an empty string."""
    path = request.path_info
    if guessed := GUESSED_ENDPOINT.fullmatch(path):
        return _("The endpoint is %(address)s.") % {"address": endpoint(issuer(request), f"oauth_mcp:{guessed[1]}")}
    if FORMER_TRANSPORT.fullmatch(path):
        sentence = _("The HTTP+SSE transport is not served. The Streamable HTTP endpoint is %(address)s.")
        return sentence % {"address": resource(request)}
    if path.startswith("/mcp/"):
        return _("The MCP endpoint is %(address)s.") % {"address": resource(request)}
    if path.startswith("/oauth/"):
        return _("%(address)s lists the endpoints.") % {"address": issuer_metadata_url(request)}
    return ""


def prefers_html(request: HttpRequest) -> bool:
    """Return whether the client asks for HTML before JSON, as browsers do. `*/*` and no header do not."""
    return request.get_preferred_type(["application/json", "text/html"]) == "text/html"
