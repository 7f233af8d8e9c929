"""Fetching the client's metadata document before its authorization request is looked at."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import fetching
from accounts.audit import events
from accounts.clients import documents as client_documents
from accounts.models import Event

UNAVAILABLE = {
    "title": "Not available at the moment",
    "message": "The description of the app, which its makers publish, could not be fetched.",
    "advice": "Wait a minute, then connect again in the app.",
    "error": "temporarily_unavailable",
}


def fetch_client(request: HttpRequest) -> HttpResponse | None:
    """Bring the client that `request` names up to date. Returns the response where the request cannot go on.

    Only for somebody who is signed in does the server ask an address that a stranger names; others sign in first.
    """
    client_id = request.GET.get("client_id", "")
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path()) if client_documents.is_needed(client_id) else None
    try:
        client_documents.keep_current(client_id, asked_by=f"person {request.user.pk}")
    except fetching.Unavailable as error:
        return unavailable_page(request, client_id, error)
    return None


def unavailable_page(request: HttpRequest, client_id: str, error: fetching.Unavailable) -> HttpResponse:
    """Nothing is known of the client without its document, so nothing is redirected to it."""
    events.record(
        Event.Kind.AUTHORIZATION,
        outcome=Event.Outcome.REFUSED,
        request=request,
        user=request.user,
        reason="temporarily_unavailable",
        detail=str(error),
        client_id=client_id,
    )
    page = render(request, "accounts/authorization_error.html", UNAVAILABLE, status=503)
    page["Retry-After"] = str(error.retry_after)
    return page
