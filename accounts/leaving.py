"""How a browser leaves for another site, or for an app."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from oauth2_provider.http import OAuth2ResponseRedirect

from accounts import web_address


def leave_for(request: HttpRequest, uri: str) -> HttpResponse:
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


def follows_a_form(request: HttpRequest) -> bool:
    """Whether a page of ours led here, itself or by redirects: browsers say so (Fetch Metadata), scripts do not."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"
