"""The introspection endpoint (RFC 7662): a protected resource asks about the tokens that it receives."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import rate_limits
from accounts.audit import events
from accounts.http import basic_authentication
from accounts.http.address import RESOURCE_PATH, client_network, issuer, same_resource
from accounts.models import AccessToken, Event, ProtectedResource
from accounts.protected_resources import endpoints
from accounts.protected_resources.credentials import authenticate
from accounts.protected_resources.exchanges import actor_claim
from accounts.resource_server.bearer import InvalidToken, admit, find_by_checksum
from accounts.resource_server.refusals import revoke_if_suspended
from accounts.responses import NO_STORE, JSONView, error_response
from accounts.signing import access_tokens, introspections
from accounts.signing.keys import KeyUnreadable

FORM = "application/x-www-form-urlencoded"
# A credential of this server is shorter.
LONGEST_CREDENTIAL = 256
ONCE = ("token", "token_type_hint", "client_id", "client_secret")
# Section 2.2: "the authorization server SHOULD NOT include any additional information about an inactive token".
INACTIVE: dict[str, Any] = {"active": False}
ASK = "Authenticate with the client ID and the secret of the resource, which the operator made in admin."


class Refused(Exception):
    """A refused request, with the error code and the status of its response."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.status = error, status


@method_decorator(sensitive_post_parameters(), name="dispatch")
class IntrospectionView(JSONView):
    """POST: whether an access token is active at the resource that asks, and what it allows."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        rate_limits.hit(*rate_limits.quotas(introspections_address=client_network(request)))
        try:
            check_form(request)
            resource = authenticated(request)
            token = token_of(request)
        except Refused as refused:
            return self.refuse(request, refused)
        rate_limits.hit(*rate_limits.quotas(introspections_resource=resource.pk))
        return self.respond(request, describe(token, resource, issuer(request)), resource)

    def respond(self, request: HttpRequest, response: dict[str, Any], resource: ProtectedResource) -> HttpResponse:
        """Return `response` as JSON, or signed where the resource asks for that (RFC 9701)."""
        headers = {**NO_STORE, "Vary": "Accept"}
        if not introspections.is_requested(request):
            return JsonResponse(response, headers=headers)
        try:
            signed = introspections.sign(response, issuer=issuer(request), audience=resource.client_id)
        except KeyUnreadable as error:
            return self.refuse(request, Refused("server_error", str(error), status=500))
        return HttpResponse(signed, content_type=introspections.MEDIA_TYPE, headers=headers)

    def refuse(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        events.record(
            Event.Kind.TOKEN,
            outcome=Event.Outcome.REFUSED,
            action="introspection",
            request=request,
            reason="introspection_refused",
            detail=str(refused),
        )
        challenge = {"WWW-Authenticate": 'Basic realm="oauth"'} if refused.status == 401 else {}
        return error_response(refused.error, str(refused), status=refused.status, headers=challenge)


def check_form(request: HttpRequest) -> None:
    if request.content_type != FORM:
        raise Refused("invalid_request", f"Send the parameters in the body, as {FORM}.")
    repeated = next((name for name in ONCE if len(request.POST.getlist(name)) > 1), None)
    if repeated is not None:
        raise Refused("invalid_request", f"Duplicate {repeated} parameter.")


def authenticated(request: HttpRequest) -> ProtectedResource:
    """Return the resource whose credentials the request has, by HTTP Basic or in the body. Raises Refused."""
    client_id, secret = credentials_of(request)
    is_possible = 0 < len(client_id) <= LONGEST_CREDENTIAL and 0 < len(secret) <= LONGEST_CREDENTIAL
    resource = authenticate(client_id, secret) if is_possible else None
    if resource is None:
        raise Refused("invalid_client", ASK, status=401)
    return resource


def credentials_of(request: HttpRequest) -> tuple[str, str]:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        return basic_authentication.read(header) or ("", "")
    except ValueError as error:
        raise Refused("invalid_client", str(error), status=401) from error


def token_of(request: HttpRequest) -> str:
    token = request.POST.get("token", "")
    if not token:
        raise Refused("invalid_request", "The parameter token is missing.")
    return token


def describe(value: str, resource: ProtectedResource, issued_by: str) -> dict[str, Any]:
    """Return the response about the access token `value`: INACTIVE unless `resource` must accept it now."""
    token = find_by_checksum(access_tokens.checksum_of(value)) if resource.is_active else None
    audience = audience_at(token, resource, own=issued_by + RESOURCE_PATH)
    try:
        principal = admit(token, audience)
    except InvalidToken as error:
        revoke_if_suspended(error)
        return INACTIVE
    assert token is not None
    return {
        "active": True,
        "scope": token.scope,
        "client_id": principal.client.client_id,
        "token_type": "DPoP" if token.dpop_jkt else "Bearer",
        "exp": int(token.expires.timestamp()),
        "iat": issued_at(token),
        # Stable, unlike a username or an email address.
        "sub": str(principal.user.pk),
        "aud": audience,
        "iss": issued_by,
        # RFC 9449 section 6.2: the key that each request with the token must prove.
        **({"cnf": {"jkt": token.dpop_jkt}} if token.dpop_jkt else {}),
        **({"act": actor} if (actor := actor_claim(token.authorization)) is not None else {}),
    }


def audience_at(token: AccessToken | None, resource: ProtectedResource, *, own: str) -> str:
    """Return the identifier for which `token` must be: that of `resource`.

    What has the address of this server's `own` first endpoint is a gateway before all of them. It is told for which
    one the token is, also for a toolset.
    """
    if token is None or not same_resource(resource.identifier, own):
        return resource.identifier
    endpoint = endpoints.at(token.authorization.resource)
    return endpoint.identifier if endpoint is not None else resource.identifier


def issued_at(token: AccessToken) -> int:
    return int(token.created.timestamp())
