"""Access to the pages: DEBUG, the person, and the tools that they may use."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.resource_server.bearer import Principal
from accounts.user_model import User
from mcp_api import local
from mcp_api.extensions.apps.extension import Apps
from mcp_api.extensions.apps.resource import MIME_TYPE
from mcp_api.policy import rules as policy

# The page shows forms, and apps.
CAPABILITIES: dict[str, Any] = {
    "elicitation": {"form": {}, "url": {}},
    "extensions": {Apps.identifier: {"mimeTypes": [MIME_TYPE]}},
}

TOOLSET, SESSION_KEY = "toolset", "tools_page_toolset"

View = Callable[..., HttpResponse]


def debug_only(view: View) -> View:
    """Decorate `view`: 404 unless DEBUG is on, and a redirect to sign-in for anonymous users."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return login_required(never_cache(view))(request, *args, **kwargs)

    return guarded


def choose_toolset(request: HttpRequest) -> None:
    """Keep the toolset in `?toolset=` for all pages of this session; "" for /mcp."""
    if TOOLSET in request.GET:
        request.session[SESSION_KEY] = request.GET[TOOLSET] if request.GET[TOOLSET] in policy.toolsets() else ""


def toolset_of(request: HttpRequest) -> str:
    """Return the name of the toolset that was chosen, if it is still switched on; "" for /mcp."""
    chosen = str(request.session.get(SESSION_KEY, ""))
    return chosen if chosen in policy.toolsets() else ""


def principal_of(request: HttpRequest) -> Principal:
    return local.principal_of(cast(User, request.user), local.TOOLS_PAGE, endpoint=toolset_of(request))


def listed_tools(principal: Principal) -> Iterator[dict[str, Any]]:
    """The tools that the person may use, as a client sees them."""
    page: dict[str, Any] = {}
    while True:
        listed = local.send_request(principal, "tools/list", page, capabilities=CAPABILITIES)
        yield from listed["tools"]
        if "nextCursor" not in listed:
            return
        page = {"cursor": listed["nextCursor"]}


def listed_tool(principal: Principal, name: str) -> dict[str, Any] | None:
    """Return one of those tools; None if the person may not use it."""
    return next((each for each in listed_tools(principal) if each["name"] == name), None)
