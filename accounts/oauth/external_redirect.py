"""Redirects that take a browser to another site, or to an app."""

from urllib.parse import urlsplit

from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from oauth2_provider.http import OAuth2ResponseRedirect
from oauthlib.oauth2 import OAuth2Error

from accounts.clients.destinations import destination_of
from accounts.conf import conf
from accounts.http import web_address
from accounts.languages.requests import end_flow
from accounts.models import Client


class Outcome(TextChoices):
    """The heading of the page that forwards to the client, or to a provider of single sign-on."""

    CONNECTED = "connected", _("Connected")
    CANCELLED = "cancelled", pgettext_lazy("by a person", "Cancelled")
    NOT_CONNECTED = "not connected", _("Not connected")
    SIGN_IN = "sign in", _("Sign in")


def redirect_external(request: HttpRequest, uri: str, outcome: Outcome) -> HttpResponse:
    """Send the browser to `uri`, which the caller has validated, by a redirect or by a page that forwards to it.

    The private-use scheme of a native app needs the page: the browser may ask first, or find no app, and would
    otherwise show the person nothing. So does a response to a form of this server: the policy `form-action 'self'`
    applies to every redirect after the form, also to those of the other site (CSP3 section 6.4.1).
    """
    if outcome is not Outcome.SIGN_IN:
        end_flow(request)
    parts = urlsplit(uri)
    is_web = parts.scheme in ("http", "https")
    if is_web and not follows_a_form(request):
        return OAuth2ResponseRedirect(uri, allowed_schemes=[parts.scheme])
    host = shown_host(uri) or parts.netloc
    context = {"uri": uri, "scheme": parts.scheme, "host": is_web and host, "outcome": outcome.label}
    return render(request, "oauth_mcp/external_redirect.html", context)


def shown_host(uri: str) -> str:
    """Return the host of `uri` for display; "" where browsers may interpret it differently."""
    address = web_address.read(uri.partition("?")[0])
    return "" if address is None else address.shown_host


def show_error_link(request: HttpRequest, uri: str, *, client: Client | None, error: OAuth2Error) -> HttpResponse:
    """Return a page with the error, the host of `uri`, and a link to it.

    `uri` is the error's redirect URI with the parameters for the client.
    """
    end_flow(request)
    context = {
        "server_name": conf.SERVER_NAME,
        "uri": uri,
        "destination": destination_of(error.redirect_uri),
        "client": client,
        "error": error,
        "message": getattr(error, "message", ""),
    }
    return render(request, "oauth_mcp/error_with_link.html", context, status=400)


def follows_a_form(request: HttpRequest) -> bool:
    """Return whether a page of this server led here (Fetch Metadata). Programs other than browsers do not send it."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"
