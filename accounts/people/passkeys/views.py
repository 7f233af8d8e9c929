"""Views for passkeys: adding one in one step, and answers to refused ones that keep where the person wants to go."""

from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.mfa.webauthn import views
from allauth.mfa.webauthn.internal import auth
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic.edit import FormView

from accounts.user_model import User

REFUSED = _("This passkey was not accepted. Try again, or use another way.")


class AddPasskeyView(views.AddWebAuthnView):
    """Adds a passkey: GET as JSON returns the options for the browser, POST takes its response.

    So the button for it can be on any page (static/oauth_mcp/passkeys.js). GET as HTML returns a page with that button,
    for a person who had to authenticate again first.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if get_adapter().is_ajax(request):
            return JsonResponse({"creation_options": creation_options(cast(User, request.user))})
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Without allauth's options, which would replace those that another tab waits with.
        return FormView.get_context_data(self, **kwargs)

    def get_success_url(self) -> str:
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "mfa_list_webauthn")


def creation_options(person: User) -> dict[str, Any]:
    """Return the options for a new passkey, which signs in without a password where the device allows it.

    A security key that can store no passkey is accepted too: as a second factor.
    """
    options: dict[str, Any] = auth.begin_registration(person, passwordless=False)
    selection = options["publicKey"]["authenticatorSelection"]
    selection |= {"residentKey": "preferred", "requireResidentKey": False}
    return options


class LoginPasskeyView(views.LoginWebAuthnView):
    """allauth's view, which continues to `next` after a refused passkey too."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return refuse(self.request, "account_login")


class ReauthenticatePasskeyView(views.ReauthenticateWebAuthnView):
    """allauth's view, which stays on its page after a refused passkey."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return refuse(self.request, "mfa_reauthenticate_webauthn")


def refuse(request: HttpRequest, page: str) -> HttpResponse:
    """Redirect to `page`, which says that the passkey was refused, with the same `next`."""
    messages.error(request, REFUSED)
    following = request.POST.get("next", "")
    query = f"?{urlencode({'next': following}, safe='/')}" if get_adapter().is_safe_url(following) else ""
    return HttpResponseRedirect(reverse(page) + query)
