"""The language of a page: the person's choice, else that of an authorization request, else that of the browser."""

import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts.http.paths import API_PATHS
from accounts.languages.offered import SOURCE, first_accepted, first_of, offered
from accounts.languages.people import SESSION_KEY

# The language of the authorization request that waits in the session, and when the request came.
FLOW_KEY = "oauth_mcp_ui_locales"
FLOW_SECONDS = 3600
# Of the endpoints, and of further paths that only programs read.
FOR_PROGRAMS = re.compile(f"/({API_PATHS}|oauth/(introspect|jwks)/?$|health(/|$))")


def respond(request: HttpRequest, view: Callable[[], Any]) -> Any:
    """Return the response of `view`, a page in the language of its reader, or English if a program reads it."""
    if FOR_PROGRAMS.match(request.path_info) or not hasattr(request, "session"):
        with translation.override(SOURCE):
            return _rendered(view())
    language = language_for(request)
    with translation.override(language):
        response = _rendered(view())
    if response.get("Content-Type", "").startswith("text/html"):
        response.headers.setdefault("Content-Language", language)
    patch_vary_headers(response, ("Accept-Language", "Cookie"))
    return response


def _rendered(response: Any) -> Any:
    """Return `response` with its content, which is otherwise rendered later, in another language."""
    if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        response.render()
    return response


def language_for(request: HttpRequest) -> str:
    """Return the code of the language of a page. A parameter `ui_locales` of `request` is kept for those that follow.

    `request` has a session.
    """
    found = chosen(request)
    if found:
        return found
    accepted = first_accepted(request.headers.get("Accept-Language", ""))
    _begin(request, accepted)
    return _of_flow(request) or accepted or settings.LANGUAGE_CODE


def chosen(request: HttpRequest) -> str:
    """Return the language that the person chose: the stored one of who is signed in, else the cookie's; "" if none."""
    codes = request.session.get(SESSION_KEY), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return next((code for code in codes if code in offered()), None) or ""


def end_flow(request: HttpRequest) -> None:
    """Forget the language of an authorization request, which has its answer."""
    if FLOW_KEY in request.session:
        del request.session[FLOW_KEY]


def _begin(request: HttpRequest, accepted: str) -> None:
    if (
        "ui_locales" not in request.GET
        or request.method != "GET"
        or request.path.rstrip("/") != reverse("oauth_mcp:authorize")
    ):
        return
    code = first_of(request.GET["ui_locales"])
    if code and code != accepted:
        request.session[FLOW_KEY] = [code, time.time()]
    else:
        end_flow(request)


def _of_flow(request: HttpRequest) -> str:
    code, since = request.session.get(FLOW_KEY) or ("", 0)
    return code if code in offered() and since > time.time() - FLOW_SECONDS else ""
