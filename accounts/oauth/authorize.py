"""The authorization endpoint (RFC 6749 section 3.1): sign-in, the consent page, and the decision.

Where the client or its redirect URI is unknown, an error is a page and nothing is redirected. Every other error is
returned to the client, but only once the person has signed in. Unless the operator vouches for the client, the person
has to follow a link to it: otherwise anybody could register a client and use this server as an open redirector.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views import View
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749 import errors

from accounts import rate_limits, scopes
from accounts.audit import events
from accounts.clients import vouching
from accounts.clients.destinations import destination_of, other_destinations
from accounts.conf import conf
from accounts.grants.issuance import Approval, ConsentEnded
from accounts.grants.oauthlib_backend import AuthorizationCore
from accounts.grants.redirect_parameters import add_parameters
from accounts.http.address import client_network, issuer, resource
from accounts.models import Authorization, AuthorizationQuerySet, Client, Event, RefreshToken, User
from accounts.oauth import consent_lifetimes
from accounts.oauth.authorization_errors import explain, reason_of
from accounts.oauth.authorization_fetch import fetch_client
from accounts.oauth.external_redirect import redirect_external, show_error_link
from accounts.rate_limits.page import too_many_page

# Part of the signature: it must not change when the module moves.
SALT = "accounts.authorization"
# For how long an open consent page can be submitted.
PAGE_LIFETIME_SECONDS = 3600
# OpenID Connect Core section 3.1.2.1: the values of `prompt` that request a page. They are compared without regard to
# case.
INTERACTIVE_PROMPTS = frozenset({"consent", "login", "select_account"})
# The largest number of authorizations that a request is compared with.
MOST_COMPARED = 20
CHANGED = "Something changed since you opened this page. Please check it again before you decide."


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
        response = fetch_client(request) or self.handle(request)
        add_never_cache_headers(response)
        return response

    def handle(self, request: HttpRequest) -> HttpResponse:
        try:
            self.scopes, self.credentials = self.validate_authorization_request(request)
        except FatalClientError as fatal:
            return self.error_page(fatal.oauthlib_error)
        except OAuthToolkitError as error:
            return self.return_error(error.oauthlib_error) if request.user.is_authenticated else self.sign_in()
        self.client = self.credentials["request"].client
        if not request.user.is_authenticated:
            return self.sign_in()
        return self.post(request) if request.method == "POST" else self.get(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        events.record(
            Event.Kind.AUTHORIZATION, action="requested", request=request, user=request.user, client=self.client
        )
        # RFC 9110 section 9.2.1: HEAD is safe, so it grants nothing, not even where a consent is remembered.
        if request.method == "GET" and (remembered := self.remembered_authorization()) is not None:
            return self.approve(self.scopes, self.approval(remembered.expires_at, remembered=remembered))
        return self.consent_page()

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.is_unchanged(request.POST.get("shown", "")):
            return self.consent_page(notice=CHANGED, status=400)
        match request.POST.get("decision"):
            case "approve":
                ticked = [name for name in scopes.of_resource(self.scopes) if name in request.POST.getlist("scope")]
                if not ticked:
                    return self.consent_page(notice="Please select at least one permission, or cancel.", status=400)
                lifetime = consent_lifetimes.chosen(request.POST.get("lifetime"))
                if lifetime is None:
                    return self.consent_page(notice="Please choose for how long.", status=400)
                granted = [name for name in self.scopes if name in ticked or not scopes.of_resource([name])]
                return self.approve(granted, self.approval(lifetime.ends_at()))
            case "cancel":
                declined = errors.AccessDeniedError(description="The person declined.", state=self.credentials["state"])
                declined.redirect_uri, declined.client_id = self.credentials["redirect_uri"], self.client.client_id
                return self.return_error(declined, automatically=True)
            case _:
                return self.consent_page(notice="Please choose Approve or Cancel.", status=400)

    def consent_page(self, *, notice: str = "", status: int = 200) -> HttpResponse:
        redirect_uri = self.credentials["redirect_uri"]
        path = self.request.get_full_path()
        context = {
            "client": self.client,
            "destination": destination_of(redirect_uri),
            "others": other_destinations(self.client, redirect_uri),
            "verified_domain": self.client.verified_domain(redirect_uri),
            "by_operator": vouching.by_operator(self.client),
            "scopes": [(scope, self.preview[scope.name]) for scope in scopes.describe(self.requested_scopes)],
            "lifetimes": consent_lifetimes.choices(),
            "lifetime": self.request.POST.get("lifetime") or consent_lifetimes.choices()[-1].key,
            "resource": resource(self.request),
            "shown": signing.dumps(self.shown_values(), salt=SALT),
            "sign_in_url": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': path})}",
            "notice": notice,
        }
        return render(self.request, "accounts/consent.html", context, status=status)

    def shown_values(self) -> list[Any]:
        """Return what the consent page shows. The form returns it signed, to be compared with the decision."""
        return [
            self.request.user.pk,
            self.client.client_id,
            self.client.fingerprint,
            vouching.by_operator(self.client),
            self.credentials["redirect_uri"],
            self.scopes,
            resource(self.request),
            [
                [scope, *(f"{each.kind} {each.name} {each.does}" for each in opened)]
                for scope, opened in self.preview.items()
            ],
        ]

    @property
    def requested_scopes(self) -> list[str]:
        return scopes.of_resource(self.scopes)

    @cached_property
    def preview(self) -> dict[str, list[scopes.PreviewItem]]:
        return scopes.preview_for(cast(User, self.request.user))(self.requested_scopes, self.client)

    def is_unchanged(self, signed: str) -> bool:
        """Return whether `signed`, from the form, is what the consent page would show now."""
        try:
            return signing.loads(signed, salt=SALT, max_age=PAGE_LIFETIME_SECONDS) == self.shown_values()
        except signing.BadSignature:
            return False

    def remembered_authorization(self) -> Authorization | None:
        """Return a live authorization that makes another consent unnecessary, or None.

        The person approved these scopes for this exact redirect URI, the client is unchanged since, and the operator or
        its document vouches for it. The new authorization expires when the remembered one does.
        """
        # Sec-Fetch-Site does not identify who started the request: a client's own web page is another site, too. The
        # code is sent to the approved address, and cannot be redeemed without the verifier.
        if INTERACTIVE_PROMPTS & set(self.request.GET.get("prompt", "").casefold().split()):
            return None
        if not vouching.may_be_remembered(self.client, self.credentials["redirect_uri"]):
            return None
        longest_first = self.matching_authorizations().order_by(F("expires_at").desc(nulls_first=True))
        # A substring match, which also finds `read_all` for `read`: the scopes are compared exactly below.
        for name in self.scopes:
            longest_first = longest_first.filter(scope__contains=name)
        candidates = longest_first[:MOST_COMPARED]
        return next((each for each in candidates if set(self.scopes) <= set(each.scope.split())), None)

    def matching_authorizations(self) -> AuthorizationQuerySet:
        """Return the person's live, used authorizations of this client as it is now, for this redirect URI."""
        since = timezone.now() - timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS)
        refreshed = RefreshToken.objects.filter(authorization=OuterRef("pk"), created__gt=since)
        return Authorization.objects.live().filter(
            # The consent page promises that an unused authorization ends (accounts/oauth/consent_lifetimes.py).
            Q(created_at__gt=since) | Exists(refreshed),
            consent__user=cast(User, self.request.user),
            consent__client=self.client,
            client_fingerprint=self.client.fingerprint,
            redirect_uri=self.credentials["redirect_uri"],
        )

    def approval(self, ends_at: datetime | None, *, remembered: Authorization | None = None) -> Approval:
        return Approval(self.client.fingerprint, ends_at, remembered)

    def approve(self, granted: list[str], approval: Approval) -> HttpResponse:
        # oauthlib makes each of its credentials an attribute of the request that issuance.py gets.
        self.credentials["approval"] = approval
        try:
            uri = self.create_authorization_response(
                self.request, scopes=" ".join(granted), credentials=self.credentials, allow=True
            )[0]
        except FatalClientError as fatal:
            return self.error_page(fatal.oauthlib_error)
        except OAuthToolkitError as error:
            if isinstance(error.oauthlib_error, ConsentEnded):
                return self.consent_page()
            return self.return_error(error.oauthlib_error, automatically=True)
        return redirect_external(self.request, uri)

    def sign_in(self) -> HttpResponse:
        return redirect_to_login(self.request.get_full_path())

    def return_error(self, error: OAuth2Error, *, automatically: bool = False) -> HttpResponse:
        """Redirect an error to the client, or show the person a link to it. RFC 9207 section 2: `iss` is included.

        RFC 9700 section 4.11.2 asks the server to redirect automatically only where it trusts the redirect URI. That
        is where the person saw the address and decided (`automatically`), and where the operator vouches for the
        client. A metadata document is not enough here, because anybody can publish one on a host of their own.
        """
        client = self.record_refusal(error)
        uri = add_parameters(error.redirect_uri, [*error.twotuples, ("iss", issuer(self.request))])
        if automatically or (client is not None and vouching.by_operator(client)):
            return redirect_external(self.request, uri)
        return show_error_link(self.request, uri, client=client, error=error)

    def error_page(self, error: OAuth2Error) -> HttpResponse:
        """Return a page for an error that must not be redirected (RFC 6749 section 4.1.2.1)."""
        self.record_refusal(error)
        context = {"error": error.error, **explain(error)}
        return render(self.request, "accounts/authorization_error.html", context, status=400)

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
            client_id=client_id,
            client_name=known.name if known else "",
        )
        return known
