"""Redirects that take a browser to another site, or to an app."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from oauth2_provider.http import OAuth2ResponseRedirect
from oauthlib.oauth2 import OAuth2Error

from accounts.clients.destinations import destination_of
from accounts.http import web_address
from accounts.models import Client


def redirect_external(request: HttpRequest, uri: str) -> HttpResponse:
    """Send the browser to `uri`, which has been judged already: by a redirect, or by a page that hops there.

    A native app's own scheme gets the page: the browser may ask first, or find no app, and the person would
    otherwise be left with nothing. So does what follows a form of ours: the policy that no form leads elsewhere
    counts for every redirect after it, the other site's own included (CSP3 section 6.4.1).
    """
    parts = urlsplit(uri)
    is_web = parts.scheme in ("http", "https")
    if is_web and not follows_a_form(request):
        return OAuth2ResponseRedirect(uri, allowed_schemes=[parts.scheme])
    host = shown_host(uri) or parts.netloc
    return render(request, "accounts/leaving.html", {"uri": uri, "scheme": parts.scheme, "host": is_web and host})


def shown_host(uri: str) -> str:
    """The host that `uri` leads to, as people should see it; nothing where browsers may read it in several ways."""
    address = web_address.read(uri.partition("?")[0])
    return "" if address is None else address.shown_host


def offer_return(request: HttpRequest, uri: str, *, client: Client | None, error: OAuth2Error) -> HttpResponse:
    """A page that says what went wrong, names the host of `uri`, and leads there only by a link.

    `uri` is the error's redirect URI with what is told to the client.
    """
    context = {"uri": uri, "destination": destination_of(error.redirect_uri), "client": client, "error": error}
    return render(request, "accounts/offer_return.html", context, status=400)


def follows_a_form(request: HttpRequest) -> bool:
    """Whether a page of ours led here, itself or by redirects: browsers say so (Fetch Metadata), scripts do not."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"
