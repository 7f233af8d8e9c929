"""The authorization endpoint (RFC 6749 section 3.1): sign-in, the consent page, and the decision.

Where the client or its redirect URI is unknown, an error is a page and nothing is redirected. Every other error is
returned to the client, but only once the person has signed in, or where the client asked for no page (prompt=none).
Unless the operator vouches for the client, the person has to follow a link to it: otherwise anybody could register a
client and use this server as an open redirector.
"""

import time
from datetime import datetime
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.views import View
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import ConsentRequired, LoginRequired

from accounts import rate_limits
from accounts.audit import events
from accounts.clients import vouching
from accounts.grants.codes import Approval, ConsentEnded
from accounts.grants.oauthlib_backend import AuthorizationCore
from accounts.grants.redirect_parameters import add_parameters
from accounts.grants.sign_in_requirements import SignInRequirements, prompts_of
from accounts.grants.validator import ClientSuspended
from accounts.http.address import client_network, issuer
from accounts.models import Authorization, Client, Event, is_service
from accounts.oauth import pending_requests
from accounts.oauth.authorization_errors import (
    EndpointForbidden,
    RequestExpired,
    ServicePersonSignedIn,
    explain,
    reason_of,
)
from accounts.oauth.authorization_fetch import fetch_client
from accounts.oauth.consent_decision import Declined, Granted, Undecided
from accounts.oauth.consent_page import CHANGED, ConsentPage
from accounts.oauth.external_redirect import Outcome, redirect_external, show_error_link
from accounts.oauth.remembered_consent import remembered_authorization
from accounts.oauth.sign_in_page import ask_to_sign_in, sign_in_url
from accounts.protected_resources import endpoints
from accounts.rate_limits.page import too_many_page
from accounts.user_model import User
from accounts.user_model.sign_in import signed_in_at


class AuthorizationView(OAuthLibMixin, View):
    """GET shows the consent page, POST takes the decision. Both validate the query parameters from scratch."""

    oauthlib_backend_class = AuthorizationCore  # type: ignore[assignment] # the toolkit has no types
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return self.http_method_not_allowed(request)
        try:
            rate_limits.hit(*rate_limits.quotas(authorizations_address=client_network(request)))
        except rate_limits.RateLimitExceeded as exceeded:
            return too_many_page(request, exceeded)
        try:
            response = self.resume(request)
        except pending_requests.RequestTooLong:
            response = self.error_page(errors.InvalidRequestError(description="It is too long."))
        add_never_cache_headers(response)
        return response

    def resume(self, request: HttpRequest) -> HttpResponse:
        """Process the authorization request in the address, or the one that waits in the session."""
        self.pending = pending_requests.find(request)
        if self.pending is not None:
            request.GET = self.pending.parameters  # type: ignore[assignment] # the stubs have a private type
        elif pending_requests.PARAMETER in request.GET and "client_id" not in request.GET:
            return self.error_page(RequestExpired())
        self.received_at = time.time() if self.pending is None else self.pending.received_at
        return fetch_client(request, sign_in=self.sign_in) or self.handle(request)

    def handle(self, request: HttpRequest) -> HttpResponse:
        is_silent = "none" in prompts_of(request.GET)
        try:
            self.scopes, self.credentials = self.validate_authorization_request(request)
        except FatalClientError as fatal:
            # Strangers cannot tell a suspended client from an active one.
            is_shown = request.user.is_authenticated or not isinstance(fatal.oauthlib_error, ClientSuspended)
            return self.error_page(fatal.oauthlib_error) if is_shown else self.sign_in()
        except OAuthToolkitError as error:
            may_return = is_silent or request.user.is_authenticated
            return self.return_error(error.oauthlib_error) if may_return else self.sign_in()
        self.client, self.requirements = self.credentials["request"].client, SignInRequirements.read(request.GET)
        if not self.is_signed_in():
            return self.decline(LoginRequired(), "The person is not signed in.") if is_silent else self.sign_in()
        if (refused := self.refuse_person(is_silent=is_silent)) is not None:
            return refused
        return self.post(request) if request.method == "POST" and not is_silent else self.get(request)

    def refuse_person(self, *, is_silent: bool) -> HttpResponse | None:
        """Refuse a person who acts by a client's own credentials alone, and one for whom the resource is not."""
        person = cast(User, self.request.user)
        if is_service(person):
            error = ServicePersonSignedIn()
            return self.decline(error, error.description) if is_silent else self.error_page(error)
        if not endpoints.is_open_to(self.credentials["target"], person):
            return self.decline(EndpointForbidden(), EndpointForbidden.description)
        return None

    def is_signed_in(self) -> bool:
        """Return whether the person is signed in, as recently as the client requires."""
        return self.request.user.is_authenticated and self.requirements.are_met(
            signed_in_at=signed_in_at(self.request), received_at=self.received_at
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        events.record(
            Event.Kind.AUTHORIZATION,
            action="requested",
            request=request,
            user=request.user,
            client=self.client,
            endpoint=self.endpoint,
        )
        # RFC 9110 section 9.2.1: HEAD is safe, so it grants nothing, not even where a consent is remembered.
        remembered = self.remembered_authorization() if request.method == "GET" else None
        if remembered is not None:
            return self.approve(self.scopes, self.approval(remembered.expires_at, remembered=remembered))
        return self.ask_for_consent()

    def ask_for_consent(self) -> HttpResponse:
        if self.requirements.is_silent:
            return self.decline(ConsentRequired(), "The person has to approve on a page.")
        return self.consent_page()

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.page.is_unchanged(request.POST.get("shown", "")):
            return self.consent_page(notice=str(CHANGED), status=400)
        try:
            granted = Granted.read(request.POST, self.scopes)
        except Declined:
            return self.decline(errors.AccessDeniedError(), "The person declined.", automatically=True)
        except Undecided as undecided:
            return self.consent_page(notice=str(undecided), status=400)
        return self.approve(granted.scope, self.approval(granted.ends_at))

    def consent_page(self, *, notice: str = "", status: int = 200) -> HttpResponse:
        context = {**self.page.context(), "notice": notice, "sign_in_url": sign_in_url(self.request, self.pending)}
        return render(self.request, "oauth_mcp/consent.html", context, status=status)

    @cached_property
    def page(self) -> ConsentPage:
        redirect_uri, target = self.credentials["redirect_uri"], self.credentials["target"]
        return ConsentPage(self.request, self.client, redirect_uri, self.scopes, target)

    def remembered_authorization(self) -> Authorization | None:
        if self.requirements.is_interactive:
            return None
        user = cast(User, self.request.user)
        return remembered_authorization(
            user,
            self.client,
            self.credentials["redirect_uri"],
            self.scopes,
            self.credentials["target"],
            shown_since=self.page.exchanges_changed_at,
        )

    def approval(self, ends_at: datetime | None, *, remembered: Authorization | None = None) -> Approval:
        return Approval(self.client.fingerprint, ends_at, remembered)

    def approve(self, granted: list[str], approval: Approval) -> HttpResponse:
        # oauthlib makes each of its credentials an attribute of the request that codes.py gets.
        self.credentials["approval"] = approval
        try:
            uri = self.create_authorization_response(
                self.request, scopes=" ".join(granted), credentials=self.credentials, allow=True
            )[0]
        except FatalClientError as fatal:
            return self.error_page(fatal.oauthlib_error)
        except OAuthToolkitError as error:
            if isinstance(error.oauthlib_error, ConsentEnded):
                return self.ask_for_consent()
            return self.return_error(error.oauthlib_error, automatically=True)
        return redirect_external(self.request, uri, Outcome.CONNECTED)

    @property
    def endpoint(self) -> str:
        """Return the name of the endpoint of this server that a valid request is for; "" for the first, and others."""
        target = self.credentials["target"] if hasattr(self, "credentials") else None
        return target.endpoint if target is not None else ""

    def sign_in(self) -> HttpResponse:
        if "none" in prompts_of(self.request.GET):
            return self.error_page(LoginRequired(description="The client is not known before a sign-in."))
        return ask_to_sign_in(self.request, self.pending)

    def decline(self, error: OAuth2Error, description: str, *, automatically: bool = False) -> HttpResponse:
        """Return `error` to the client of a valid request."""
        error.description, error.state = description, self.credentials["state"]
        error.redirect_uri, error.client_id = self.credentials["redirect_uri"], self.client.client_id
        return self.return_error(error, automatically=automatically)

    def return_error(self, error: OAuth2Error, *, automatically: bool = False) -> HttpResponse:
        """Redirect an error to the client, or show the person a link to it. RFC 9207 section 2: `iss` is included.

        RFC 9700 section 4.11.2 asks the server to redirect automatically only where it trusts the redirect URI. That
        is where the person saw the address and decided (`automatically`), and where the operator vouches for the
        client. A metadata document is not enough here, because anybody can publish one on a host of their own.
        """
        client = self.record_refusal(error)
        uri = add_parameters(error.redirect_uri, [*error.twotuples, ("iss", issuer(self.request))])
        if automatically or (client is not None and vouching.by_operator(client)):
            is_cancelled = isinstance(error, errors.AccessDeniedError)
            return redirect_external(self.request, uri, Outcome.CANCELLED if is_cancelled else Outcome.NOT_CONNECTED)
        return show_error_link(self.request, uri, client=client, error=error)

    def error_page(self, error: OAuth2Error) -> HttpResponse:
        """Return a page for an error that must not be redirected (RFC 6749 section 4.1.2.1)."""
        self.record_refusal(error)
        context = {"error": error.error, **explain(error)}
        return render(self.request, "oauth_mcp/authorization_error.html", context, status=400)

    def record_refusal(self, error: OAuth2Error) -> Client | None:
        """Record the refusal and return the client that the request names, if it is known."""
        client_id = error.client_id or self.request.GET.get("client_id", "")
        known = Client.objects.filter(client_id=client_id.replace("\x00", "")).first() if client_id else None
        events.record(
            Event.Kind.AUTHORIZATION,
            outcome=Event.Outcome.REFUSED,
            request=self.request,
            user=self.request.user,
            reason=reason_of(error),
            detail=error.description,
            endpoint=self.endpoint,
            client_id=client_id,
            client_name=known.name if known else "",
        )
        return known
