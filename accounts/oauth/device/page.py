"""The page on which a person types the code that a device shows, and decides (RFC 8628 section 3.3)."""

from typing import Any, cast

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from oauthlib.oauth2 import OAuth2Error

from accounts import rate_limits
from accounts.audit import events
from accounts.grants.device import codes, user_codes
from accounts.http.address import client_network
from accounts.models import Event, is_service
from accounts.models.device_codes import ENTERED
from accounts.oauth.authorization_errors import EndpointForbidden, ServicePersonSignedIn, explain, reason_of
from accounts.oauth.consent_decision import Declined, Granted, Undecided
from accounts.oauth.consent_page import CHANGED
from accounts.oauth.device.consent import DeviceConsentPage
from accounts.oauth.device.forms import UserCodeForm
from accounts.protected_resources import endpoints
from accounts.rate_limits.page import too_many_page
from accounts.user_model import User, sign_in

UNKNOWN = _("This code is not known here, or is no longer valid. Compare it with your device, or start again there.")


@method_decorator([never_cache, sensitive_post_parameters("user_code")], name="dispatch")
class DeviceView(LoginRequiredMixin, View):
    """GET shows the form, where a link may have filled in the code. POST shows the consent page, or decides."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and is_service(request.user):
            return self.refuse_person(ServicePersonSignedIn())
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        # No code is looked up before the person confirms it: a link must not use up their attempts, or decide.
        user_code = user_codes.read(request.GET.get("user_code", ""))
        return self.form_page(UserCodeForm(initial={"user_code": user_code}), is_from_link=bool(user_code))

    def post(self, request: HttpRequest) -> HttpResponse:
        quotas = self.quotas()
        try:
            rate_limits.hit(*quotas)
        except rate_limits.RateLimitExceeded as exceeded:
            return self.too_many(exceeded)
        form = UserCodeForm(request.POST)
        try:
            page = self.find_page(form)
            rate_limits.refund(*quotas)
            if not endpoints.is_open_to(page.target, cast(User, request.user)):
                # The code stays: the person may have another account.
                return self.refuse_person(EndpointForbidden(), client=page.client)
            return self.decide(page) if "decision" in request.POST else self.ask(page)
        except codes.CodeEnded:
            return self.refuse_code(form)

    def quotas(self) -> list[rate_limits.Quota]:
        """Return the quotas of attempts to guess a code, of which valid ones are refunded."""
        network = client_network(self.request)
        return rate_limits.quotas(device_entries_person=self.request.user.pk, device_entries_address=network)

    def find_page(self, form: UserCodeForm) -> DeviceConsentPage:
        """Return the consent page of a pending code. Raises CodeEnded."""
        user_code = form.cleaned_data["user_code"] if form.is_valid() else ""
        code = codes.find(user_code) if user_code else None
        if code is None:
            raise codes.CodeEnded
        return DeviceConsentPage.of(self.request, code, user_code)

    def ask(self, page: DeviceConsentPage) -> HttpResponse:
        self.record(client=page.client)
        return self.consent_page(page)

    def decide(self, page: DeviceConsentPage) -> HttpResponse:
        """Approve or deny. Raises CodeEnded."""
        form = self.request.POST
        if not page.is_unchanged(form.get("shown", "")):
            return self.consent_page(page, notice=str(CHANGED), status=400)
        try:
            return self.approve(page, Granted.read(form, page.requested))
        except Undecided as undecided:
            return self.consent_page(page, notice=str(undecided), status=400)
        except Declined:
            return self.deny(page)

    def approve(self, page: DeviceConsentPage, granted: Granted) -> HttpResponse:
        approval = codes.Approval(cast(User, self.request.user), granted.scope, granted.ends_at)
        codes.approve(page.code, approval, self.request)
        return self.result(page, is_approved=True)

    def deny(self, page: DeviceConsentPage) -> HttpResponse:
        codes.deny(page.code, self.request)
        return self.result(page, is_approved=False)

    def refuse_person(self, error: OAuth2Error, **what: Any) -> HttpResponse:
        self.record(outcome=Event.Outcome.REFUSED, reason=reason_of(error), **what)
        context = {"error": error.error, **explain(error)}
        return render(self.request, "oauth_mcp/authorization_error.html", context, status=400)

    # --- Pages ------------------------------------------------------------------------------

    def form_page(self, form: UserCodeForm, *, is_from_link: bool = False, status: int = 200) -> HttpResponse:
        context = {"form": form, "is_from_link": is_from_link}
        return render(self.request, "oauth_mcp/device.html", context, status=status)

    def consent_page(self, page: DeviceConsentPage, *, notice: str = "", status: int = 200) -> HttpResponse:
        context = {**page.context(), "notice": notice, "sign_in_url": sign_in_url()}
        return render(self.request, "oauth_mcp/consent.html", context, status=status)

    def result(self, page: DeviceConsentPage, *, is_approved: bool) -> HttpResponse:
        context = {"client": page.client, "is_approved": is_approved}
        return render(self.request, "oauth_mcp/device_result.html", context)

    def refuse_code(self, form: UserCodeForm) -> HttpResponse:
        if form.is_valid():
            form.add_error("user_code", UNKNOWN)
        self.record(outcome=Event.Outcome.REFUSED, reason="unknown_user_code")
        return self.form_page(form, status=400)

    def too_many(self, exceeded: rate_limits.RateLimitExceeded) -> HttpResponse:
        what = {"action": ENTERED, "reason": "too_many_user_codes", "user": self.request.user}
        events.record_some(Event.Kind.AUTHORIZATION, self.request, exceeded.status.quota.row, **what)
        return too_many_page(self.request, exceeded)

    def record(self, **what: Any) -> None:
        events.record(Event.Kind.AUTHORIZATION, action=ENTERED, request=self.request, user=self.request.user, **what)


def sign_in_url() -> str:
    """Return the address of the sign-in page for somebody else, who types the code again."""
    return sign_in.sign_in_url(next=reverse("oauth_mcp:device"))
