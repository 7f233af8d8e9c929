"""Fetching the client's metadata document before its authorization request is validated."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts import fetching
from accounts.audit import events
from accounts.clients import documents as client_documents
from accounts.models import Event

UNAVAILABLE = {
    "title": _("Not available at the moment"),
    "message": _("This server could not fetch the app's metadata document, which its developers publish."),
    "advice": _("Wait a minute, then connect again in the app."),
    "error": "temporarily_unavailable",
}


def fetch_client(request: HttpRequest, *, sign_in: Callable[[], HttpResponse]) -> HttpResponse | None:
    """Update the client that `request` names. Returns a response where the request cannot continue, otherwise None.

    The server fetches documents of unknown clients only for a person who is signed in; others get the
    response of `sign_in` first.
    """
    client_id = request.GET.get("client_id", "")
    if not request.user.is_authenticated:
        return sign_in() if client_documents.needs_fetch(client_id) else None
    try:
        client_documents.fetch_if_stale(client_id, requester=f"person {request.user.pk}")
    except fetching.Unavailable as error:
        return unavailable_page(request, client_id, error)
    return None


def unavailable_page(request: HttpRequest, client_id: str, error: fetching.Unavailable) -> HttpResponse:
    """Return an error page. Without the document the client is unknown, so the error is not redirected to it."""
    events.record(
        Event.Kind.AUTHORIZATION,
        outcome=Event.Outcome.REFUSED,
        request=request,
        user=request.user,
        reason="temporarily_unavailable",
        detail=str(error),
        client_id=client_id,
    )
    page = render(request, "oauth_mcp/authorization_error.html", UNAVAILABLE, status=503)
    page["Retry-After"] = str(error.retry_after)
    return page
