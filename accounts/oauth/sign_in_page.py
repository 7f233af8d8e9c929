"""The way to the sign-in page from an authorization request, and back."""

from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.grants.sign_in_requirements import login_hint
from accounts.http.address import LONGEST_NEXT
from accounts.oauth import pending_requests
from accounts.oauth.pending_requests import PendingRequest, path_to_continue
from accounts.user_model import sign_in


def sign_in_url(request: HttpRequest, pending: PendingRequest | None) -> str:
    """Return the address of the sign-in page that continues the authorization request. Raises RequestTooLong."""
    parameters = {"next": path_to_continue(request, pending)}
    if hint := login_hint(request.GET):
        parameters["login_hint"] = hint
    return sign_in.sign_in_url(**parameters)


def ask_to_sign_in(request: HttpRequest, pending: PendingRequest | None) -> HttpResponse:
    """Return the way to the sign-in page, or for a signed-in person to the page that asks who they are once more.

    Without a second way to prove that, such as after single sign-on, they sign out first, by a form: no link of
    another site may do that. Raises RequestTooLong.
    """
    if not request.user.is_authenticated:
        return HttpResponseRedirect(sign_in_url(request, pending))
    page = reauthentication_page(request)
    if not page:
        context = {"sign_in_url": sign_in_url(request, pending)}
        return render(request, "oauth_mcp/sign_in_again.html", context)
    return HttpResponseRedirect(f"{page}?{urlencode({'next': path_to_continue(request, pending)}, safe='/')}")


def reauthentication_page(request: HttpRequest) -> str:
    """Return the path of allauth's page that asks the signed-in person who they are; "" where they cannot use it."""
    if not sign_in.has_allauth():
        return ""
    from allauth.account.adapter import get_adapter

    try:
        page = reverse("account_reauthenticate")
    except NoReverseMatch:
        return ""
    return page if get_adapter(request).get_reauthentication_methods(request.user) else ""


@method_decorator(never_cache, name="dispatch")
class SignOutView(View):
    """POST signs the person out, and leads to the sign-in page `next`, from which the request goes on.

    The requests that wait in the session stay, for whoever signs in to continue them. GET only leads there.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(_sign_in_page(request.GET.get("next", "")))

    def post(self, request: HttpRequest) -> HttpResponse:
        waiting = pending_requests.stored_in(request)
        logout(request)
        if waiting:
            pending_requests.store(request, waiting)
        return HttpResponseRedirect(_sign_in_page(request.POST.get("next", "")))


def _sign_in_page(url: str) -> str:
    """Return `url` if it is an address of the sign-in page, and otherwise that of the page alone."""
    is_usable = len(url) <= LONGEST_NEXT and url.isprintable() and sign_in.is_sign_in_url(url)
    return url if is_usable else sign_in.sign_in_url()
