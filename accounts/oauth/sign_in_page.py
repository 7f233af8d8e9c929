"""The way to the sign-in page from an authorization request, and back."""

from typing import cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse

from accounts.grants.sign_in_requirements import login_hint
from accounts.oauth.pending_requests import PendingRequest, path_to_continue
from accounts.user_model import User


def signed_in_at(request: HttpRequest) -> float:
    """Return when the person last proved who they are in this session, in seconds since the epoch; 0 if unknown."""
    records = get_authentication_records(request, cast(User, request.user))
    return max((float(record["at"]) for record in records), default=0)


def sign_in_url(request: HttpRequest, pending: PendingRequest | None) -> str:
    """Return the address of the sign-in page that continues the authorization request. Raises RequestTooLong."""
    parameters = {"next": path_to_continue(request, pending)}
    if hint := login_hint(request.GET):
        parameters["login_hint"] = hint
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode(parameters, safe='/')}"


def ask_to_sign_in(request: HttpRequest, pending: PendingRequest | None) -> HttpResponse:
    """Return the way to the sign-in page, or for a signed-in person to the page that asks who they are once more.

    Without a second way to prove that, such as after single sign-on, they sign out first, by a form: no link of
    another site may do that. Raises RequestTooLong.
    """
    if not request.user.is_authenticated:
        return HttpResponseRedirect(sign_in_url(request, pending))
    if not get_adapter(request).get_reauthentication_methods(request.user):
        context = {"sign_in_url": sign_in_url(request, pending)}
        return render(request, "oauth_mcp/sign_in_again.html", context)
    path = path_to_continue(request, pending)
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': path}, safe='/')}")
