"""Client credentials (RFC 6749 section 4.4): the client acts as the service person that the operator chose for it."""

from datetime import timedelta

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts import scopes
from accounts.client_credentials.service_access import access_of, is_confidential
from accounts.clients import vouching
from accounts.clients.metadata.grant_types import CLIENT_CREDENTIALS
from accounts.grants.direct.grant import Decision, DirectGrant
from accounts.grants.oauthlib_backend import context_of
from accounts.models import Authorization, Client, ProtectedResource, ServiceAccess, is_service, is_shown
from accounts.protected_resources import targets
from accounts.protected_resources.metadata import scopes_of

NO_ACCESS = "The operator of this server has not given this client service access, so it cannot use client_credentials."
PUBLIC = "client_credentials is only for clients that must authenticate with a secret or a key."
NOT_APPROVED = "The client cannot use client_credentials until the operator of this server approves it as it is now."
SUSPENDED = "The service person as whom this client acts is suspended."
CHANGED = "The client's service access changed while the token was issued. Request another token."


class ClientCredentialsGrant(DirectGrant):
    """RFC 6749 section 4.4.3: "A refresh token SHOULD NOT be included." None ever is."""

    grant_type = CLIENT_CREDENTIALS

    def check_client(self, request: Request) -> None:
        """Raise UnauthorizedClientError unless the client has service access and is what the operator approved."""
        access = access_of(request.client)
        if access is None:
            raise errors.UnauthorizedClientError(description=NO_ACCESS)
        context_of(request).parties.user = access.user
        refusal = refusal_of(request.client, access)
        if refusal:
            raise errors.UnauthorizedClientError(description=refusal)
        request.service_access = access

    def check_resource(self, request: Request) -> None:
        """Raise `invalid_target` for a resource that the operator did not choose."""
        requested = [value for name, value in request.decoded_body or [] if name == "resource"]
        target = targets.choose(requested, context_of(request).resource)
        if target is not None and not targets.is_allowed(target, request.service_access.resources):
            raise targets.invalid_target(f"The operator did not allow this client tokens for {target.identifier}.")
        request.target = target

    def decide(self, request: Request) -> Decision:
        access: ServiceAccess = request.service_access
        target: ProtectedResource | None = request.target
        minutes = access.lifetime_minutes
        return Decision(
            user=access.user,
            scope=granted_scopes((request.scope or "").split(), request.client, access, target),
            origin=Authorization.Origin.CLIENT_CREDENTIALS,
            lifetime=timedelta(minutes=minutes) if minutes is not None else None,
            resource=target.identifier if target is not None else "",
            reuses=True,
        )

    def redeem(self, request: Request, decision: Decision) -> None:
        """Read the access again: its changes lock the client too, and revoke what was issued before them."""
        before: ServiceAccess = request.service_access
        now = access_of(request.client)
        terms = [(each.user_id, each.scope, each.resources, each.lifetime_minutes) for each in (before, now) if each]
        if len(set(terms)) != 1 or now is None:
            raise errors.UnauthorizedClientError(description=CHANGED)


def refusal_of(client: Client, access: ServiceAccess) -> str:
    """Return why `client` may not use its `access`, as a sentence; "" where it may.

    RFC 6749 section 4.4: "The client credentials grant type MUST only be used by confidential clients."
    """
    if not is_confidential(client):
        return PUBLIC
    if not vouching.by_operator(client):
        return NOT_APPROVED
    return "" if access.user.is_active and is_shown(access.user) and is_service(access.user) else SUSPENDED


def granted_scopes(
    requested: list[str], client: Client, access: ServiceAccess, target: ProtectedResource | None
) -> list[str]:
    """Return those of the `requested` scopes that `access` allows; without any, the client's default, or else all.

    Raises InvalidScopeError where none is left.
    """
    used = scopes_of(target) if target is not None else scopes.names(of_resource_only=True)
    ceiling = [name for name in access.scope.split() if name in used and scopes.is_of_resource(name)]
    default = [name for name in client.scope.split() if name in ceiling] or ceiling
    granted = [name for name in dict.fromkeys(requested) if name in ceiling] if requested else default
    if not granted:
        raise errors.InvalidScopeError(description=f"This client may request only: {' '.join(ceiling) or 'no scope'}.")
    return granted
