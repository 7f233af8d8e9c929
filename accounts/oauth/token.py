"""The token and revocation endpoints (RFC 6749 section 3.2, RFC 7009): Django responses from those of oauthlib."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.oauth2 import OAuth2Error

from accounts import fetching, rate_limits
from accounts.audit import events
from accounts.client_credentials import assertions as client_assertions
from accounts.clients.metadata.grant_types import TOKEN_EXCHANGE
from accounts.crypto.token_values import checksum
from accounts.dpop import token_requests
from accounts.grants.exchange.grant import EXCHANGE_REFUSED
from accounts.grants.parties import parties_of
from accounts.grants.server import GRANT_TYPES
from accounts.http import basic_authentication
from accounts.http.address import client_network, endpoint, issuer
from accounts.models import Client, Event, ProtectedResource
from accounts.responses import NO_STORE, JSONView, error_response

# A response of oauthlib: headers, body, status.
OAuthlibResponse = tuple[dict[str, str], str, int]

LONGEST_CLIENT_ID = 255
UNKNOWN = "unknown"
# RFC 8628 section 3.5: a device repeats its request every few seconds until the person decides, which is no refusal.
WAITING = ("authorization_pending", "slow_down")
# For the audit log, where the error code has another meaning.
REASONS = {"expired_token": "expired_device_code"}

# Descriptions of errors that oauthlib leaves without one.
DEFAULT_DESCRIPTIONS = {
    "invalid_grant": "The code_verifier does not match the code_challenge that the code was issued for.",
    "unauthorized_client": "This client did not register for this grant_type.",
    "unsupported_grant_type": f"The grant_type must be {', '.join(GRANT_TYPES[:-1])} or {GRANT_TYPES[-1]}.",
}


@method_decorator(sensitive_post_parameters(), name="dispatch")
class TokenView(OAuthLibMixin, JSONView):
    """POST: exchange a code or a refresh token for a pair of tokens."""

    kind = Event.Kind.TOKEN
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        statuses = rate_limits.hit(*quotas_of(request))
        response = self.respond(request)
        rate_limits.set_headers(response, rate_limits.headers(statuses))
        token_requests.set_nonce(response, request)
        return response

    def respond(self, request: HttpRequest) -> HttpResponse:
        try:
            headers, body, status = self.oauthlib_response(request)
        except OAuth2Error as error:
            headers, body, status = {}, error.json, error.status_code
        except fetching.Unavailable as error:
            return self.refuse_temporarily(request, error)
        if status == 200:
            return HttpResponse(body, headers={**headers, **NO_STORE})
        return self.refuse(request, **json.loads(body), status=status)

    def action_of(self, request: HttpRequest) -> str:
        """Return the action of the event of a refusal."""
        return request.POST.get("grant_type", "")

    def oauthlib_response(self, request: HttpRequest) -> OAuthlibResponse:
        token_requests.verify(request, endpoint(issuer(request), "oauth_mcp:token"))
        return self.create_token_response(request)[1:]

    def refuse_temporarily(self, request: HttpRequest, error: fetching.Unavailable) -> JsonResponse:
        """Return a 503: the client's document or keys cannot be fetched at the moment, so it may still be valid."""
        response = self.refuse(request, "temporarily_unavailable", str(error), status=503)
        response["Retry-After"] = str(error.retry_after)
        return response

    def refuse(
        self, request: HttpRequest, error: str, error_description: str = "", *, status: int, **rest: str
    ) -> JsonResponse:
        error_description = error_description or DEFAULT_DESCRIPTIONS.get(error, "")
        if error not in WAITING:
            self.record_refusal(request, error, error_description)
        # RFC 9110 section 15.5.2: a 401 has a challenge always, and Basic is the one scheme of this endpoint.
        challenge = {"WWW-Authenticate": 'Basic realm="oauth"'} if status == 401 else {}
        return error_response(error, error_description, status=status, headers=challenge)

    def record_refusal(self, request: HttpRequest, error: str, description: str) -> None:
        parties, action = parties_of(request), self.action_of(request)
        if action == TOKEN_EXCHANGE:
            # Another server is refused here, and not the app: what helps is another remedy.
            error, description = EXCHANGE_REFUSED, f"{error}: {description}"
        events.record(
            self.kind,
            outcome=Event.Outcome.REFUSED,
            action=action,
            request=request,
            reason=parties.reason or REASONS.get(error, error),
            detail=description,
            user=parties.user,
            client=parties.client,
            client_id=claimed_client(request),
            **({"client_name": parties.resource.name} if parties.resource is not None else {}),
        )


def quotas_of(request: HttpRequest) -> list[rate_limits.Quota]:
    """Return the quotas of the claimed client at this address, and of the address.

    A client's quota is counted by address, so that others cannot use it up. All unknown clients share one quota, as a
    client_id can be invented. A protected resource that exchanges tokens has a quota of its own.
    """
    network = client_network(request)
    claimed = claimed_client(request)
    if request.POST.get("grant_type") == TOKEN_EXCHANGE and is_known(claimed, ProtectedResource):
        return rate_limits.quotas(exchanges_resource=f"{checksum(claimed)} {network}", tokens_address=network)
    client = checksum(claimed) if is_known(claimed) else UNKNOWN
    return rate_limits.quotas(tokens_client=f"{client} {network}", tokens_address=network)


def is_known(client_id: str, model: type[Client | ProtectedResource] = Client) -> bool:
    # PostgreSQL cannot look for every string, such as one with NUL.
    possible = 0 < len(client_id) <= LONGEST_CLIENT_ID and client_id.isprintable()
    return possible and model._default_manager.filter(client_id=client_id).exists()


def claimed_client(request: HttpRequest) -> str:
    """Return the client_id that the request names, in its body or by HTTP Basic, without verifying it; or ""."""
    try:
        in_header = basic_authentication.read(request.META.get("HTTP_AUTHORIZATION", ""))
    except ValueError:
        return ""
    return in_header[0] if in_header else request.POST.get("client_id", "") or _client_in_assertion(request)


def _client_in_assertion(request: HttpRequest) -> str:
    assertion = request.POST.get("client_assertion", "")
    try:
        return client_assertions.unverified_client_id(assertion) if assertion else ""
    except OAuth2Error:
        return ""


class RevocationView(TokenView):
    """POST: end the authorization that a token belongs to, or a superseded access token alone.

    An unknown token is no error (RFC 7009 section 2.2).
    """

    kind = Event.Kind.REVOCATION

    def oauthlib_response(self, request: HttpRequest) -> OAuthlibResponse:
        return self.create_revocation_response(request)[1:]
