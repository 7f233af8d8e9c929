"""The authorization endpoint (RFC 6749 section 3.1): sign in, see who asks for what, approve or cancel.

An error has two ways out. Where the client or its redirect URI is not known, a page tells the
person and nothing is redirected. Everything else is told to the client, but only once the person
has signed in: nobody can register a client and bounce strangers through this server.
"""

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views import View
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749 import errors

from accounts import events, lifetimes, limits, redirects, scopes
from accounts.address import client_network, issuer, resource
from accounts.authorization_fetch import fetch_client
from accounts.leaving import leave_for
from accounts.models import Authorization, Client, Event, User
from accounts.oauthlib_core import AuthorizationCore
from accounts.too_many import too_many_page
from accounts.validator import ClientAwaitsReview

# For how long a consent page that was left open can still be answered.
SHOWN_FOR_SECONDS = 3600
# For the operator; the client is told OAuth's own code.
REASONS: list[tuple[Any, str]] = [
    (ClientAwaitsReview, "client_awaits_review"),
    ((errors.InvalidClientIdError, errors.MissingClientIdError), "unknown_client"),
    (
        (errors.InvalidRedirectURIError, errors.MismatchingRedirectURIError, errors.MissingRedirectURIError),
        "mismatching_redirect_uri",
    ),
    ((errors.MissingCodeChallengeError, errors.UnsupportedCodeChallengeMethodError), "pkce_required"),
]
CHANGED = "Something changed since this page was opened. Please look again before you decide."


class AuthorizationView(OAuthLibMixin, View):
    """GET shows the consent page, POST takes the decision; both judge the same address from the start."""

    oauthlib_backend_class = AuthorizationCore  # type: ignore[assignment] # the toolkit has no types
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return self.http_method_not_allowed(request)
        try:
            limits.spend(*limits.quotas(authorizations_address=client_network(request)))
        except limits.Spent as spent:
            return too_many_page(request, spent)
        response = fetch_client(request) or self.judge(request)
        add_never_cache_headers(response)
        return response

    def judge(self, request: HttpRequest) -> HttpResponse:
        try:
            self.scopes, self.credentials = self.validate_authorization_request(request)
        except FatalClientError as fatal:
            return self.tell_person(fatal.oauthlib_error)
        except OAuthToolkitError as error:
            return self.tell_client(error.oauthlib_error) if request.user.is_authenticated else self.sign_in()
        self.client = self.credentials["request"].client
        if not request.user.is_authenticated:
            return self.sign_in()
        return self.post(request) if request.method == "POST" else self.get(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        events.record(
            Event.Kind.AUTHORIZATION, action="requested", request=request, user=request.user, client=self.client
        )
        # RFC 9110 section 9.2.1: HEAD is safe, so it grants nothing, not even what is remembered.
        if request.method == "GET" and (standing := self.remembered()) is not None:
            return self.approve(self.scopes, standing.expires_at)
        return self.ask()

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.is_what_was_shown(request.POST.get("shown", "")):
            return self.ask(notice=CHANGED, status=400)
        match request.POST.get("decision"):
            case "approve":
                ticked = [name for name in scopes.of_resource(self.scopes) if name in request.POST.getlist("scope")]
                if not ticked:
                    return self.ask(notice="Please leave at least one thing that it may do, or cancel.", status=400)
                lifetime = lifetimes.chosen(request.POST.get("lifetime"))
                if lifetime is None:
                    return self.ask(notice="Please choose for how long.", status=400)
                granted = [name for name in self.scopes if name in ticked or not scopes.of_resource([name])]
                return self.approve(granted, lifetime.ends_at())
            case "cancel":
                declined = errors.AccessDeniedError(description="The person declined.", state=self.credentials["state"])
                declined.redirect_uri, declined.client_id = self.credentials["redirect_uri"], self.client.client_id
                return self.tell_client(declined)
            case _:
                return self.ask(notice="Please choose Approve or Cancel.", status=400)

    def ask(self, *, notice: str = "", status: int = 200) -> HttpResponse:
        """The consent page."""
        redirect = urlsplit(self.credentials["redirect_uri"])
        here = self.request.get_full_path()
        context = {
            "client": self.client,
            "redirect_host": redirect.netloc if redirect.scheme in ("http", "https") else f"{redirect.scheme}:",
            "redirect_is_loopback": redirects.is_loopback(redirect),
            "redirect_is_private": redirect.scheme not in ("http", "https"),
            "verified_domain": self.client.verified_domain(self.credentials["redirect_uri"]),
            "scopes": [(scope, self.unlocked[scope.name]) for scope in scopes.describe(self.asked_scopes)],
            "lifetimes": lifetimes.choices(),
            "lifetime": self.request.POST.get("lifetime") or lifetimes.choices()[-1].key,
            "resource": resource(self.request),
            "shown": signing.dumps(self.what_is_shown(), salt=__name__),
            "sign_in_url": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}",
            "notice": notice,
        }
        return render(self.request, "accounts/consent.html", context, status=status)

    def what_is_shown(self) -> list[Any]:
        """Whatever the person decides on. It comes back signed, and the decision counts only where it is unchanged."""
        return [
            self.request.user.pk,
            self.client.client_id,
            self.client.name,
            self.credentials["redirect_uri"],
            self.scopes,
            self.client.client_uri,
            resource(self.request),
            [
                [scope, *(f"{each.kind} {each.name} {each.does}" for each in opened)]
                for scope, opened in self.unlocked.items()
            ],
        ]

    @property
    def asked_scopes(self) -> list[str]:
        return scopes.of_resource(self.scopes)

    @cached_property
    def unlocked(self) -> dict[str, list[scopes.Unlocked]]:
        return scopes.opener_for(cast(User, self.request.user))(self.asked_scopes, self.client)

    def is_what_was_shown(self, signed: str) -> bool:
        try:
            return signing.loads(signed, salt=__name__, max_age=SHOWN_FOR_SECONDS) == self.what_is_shown()
        except signing.BadSignature:
            return False

    def remembered(self) -> Authorization | None:
        """The authorization, if there is one, because of which the person need not be asked again.

        They allowed this much before, that still stands, the client is what it was then, and
        nobody else could be answered in its place. What follows from it ends when it does.
        """
        if "consent" in self.request.GET.get("prompt", "").split():
            return None
        if not self.client.proves_itself(self.credentials["redirect_uri"]):
            return None
        standing = Authorization.objects.live().filter(
            consent__user=cast(User, self.request.user),
            consent__client=self.client,
            consent__client_fingerprint=self.client.fingerprint,
        )
        lasting_longest = standing.order_by(F("expires_at").desc(nulls_first=True))
        return next((each for each in lasting_longest if set(self.scopes) <= set(each.scope.split())), None)

    def approve(self, granted: list[str], ends_at: datetime | None) -> HttpResponse:
        # oauthlib hands it on to issuance.py, as an attribute of its request.
        self.credentials["access_ends_at"] = ends_at
        try:
            uri = self.create_authorization_response(
                self.request, scopes=" ".join(granted), credentials=self.credentials, allow=True
            )[0]
        except OAuthToolkitError as error:
            return self.tell_client(error.oauthlib_error)
        return leave_for(self.request, uri)

    def sign_in(self) -> HttpResponse:
        return redirect_to_login(self.request.get_full_path())

    def tell_client(self, error: OAuth2Error) -> HttpResponse:
        """Redirect an error to the client. RFC 9207 section 2: `iss` belongs to error responses too."""
        self.record_refusal(error)
        uri = add_params_to_uri(error.redirect_uri, [*error.twotuples, ("iss", issuer(self.request))])
        return leave_for(self.request, uri)

    def tell_person(self, error: OAuth2Error) -> HttpResponse:
        """A page, for what must not be redirected (RFC 6749 section 4.1.2.1)."""
        self.record_refusal(error)
        context = {"error": error.error, **explain(error)}
        return render(self.request, "accounts/authorization_error.html", context, status=400)

    def record_refusal(self, error: OAuth2Error) -> None:
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


def reason_of(error: OAuth2Error) -> str:
    """The trail is more exact than OAuth's code for it."""
    return next((reason for kind, reason in REASONS if isinstance(error, kind)), error.error)


def explain(error: OAuth2Error) -> dict[str, str]:
    """Title, message and advice for a person whose app sent a request that cannot be trusted."""
    match error:
        case ClientAwaitsReview():
            return {
                "title": "Waiting for approval",
                "message": "The app is registered, but this server's operator has not approved it yet.",
                "advice": "Ask the operator to approve it in admin, then connect again.",
            }
        case errors.InvalidClientIdError() | errors.MissingClientIdError():
            return {
                "title": "Invalid client_id",
                "message": "The app that sent you here is not registered with this server, or no longer is.",
                "advice": "Remove this server in the app and add it again: the app then registers itself anew.",
            }
        case errors.InvalidRedirectURIError() | errors.MismatchingRedirectURIError() | errors.MissingRedirectURIError():
            return {
                "title": "Invalid redirect_uri",
                "message": "The app wants your answer sent to an address that it did not register.",
                "advice": "Do not go on if you did not start this yourself. Otherwise remove this server in the app "
                "and add it again.",
            }
        case _:
            return {
                "title": "Invalid request",
                "message": f"The app sent a request that cannot be read. {error.description}",
                "advice": "Start again from the app. If it happens again, tell the app's makers what this page says.",
            }
