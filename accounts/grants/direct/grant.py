"""Grants whose token request alone authorizes, such as a client's credentials, an assertion or a device code."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase
from oauthlib.oauth2.rfc6749.tokens import BearerToken

from accounts.grants import authorization_limit, issuance
from accounts.models import Authorization, Consent, TrustedIssuer
from accounts.user_model import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a token request is granted.

    `lifetime` shortens the access token's life, and `ends_at` is the end of the authorization; None: until revoked.
    `resource` is the identifier of a protected resource; "" for this server's own. `authorization` is a live one to
    which the token is added. Without it, a new one is created, unless the decision `reuses` a live one of the same
    person, client, origin, scope, resource and `issuer`: the trusted one whose assertion was presented.
    """

    user: User
    scope: Sequence[str]
    origin: Authorization.Origin
    lifetime: timedelta | None = None
    ends_at: datetime | None = None
    has_refresh_token: bool = False
    resource: str = ""
    authorization: Authorization | None = None
    reuses: bool = False
    issuer: TrustedIssuer | None = None


class DirectGrant(GrantTypeBase):
    """A grant by its `grant_type` (RFC 6749 section 4.5), which the table in accounts/grants/server.py lists."""

    grant_type: ClassVar[str]

    def check_client(self, request: Request) -> None:
        """Raise UnauthorizedClientError unless the authenticated client `request.client` may use this grant."""
        if not request.client.has_grant_type(self.grant_type):
            raise errors.UnauthorizedClientError(description=f"This client did not register for {self.grant_type}.")

    def check_resource(self, request: Request) -> None:
        """Raise `invalid_target` for a `resource` (RFC 8707) that the token cannot be for."""
        self.request_validator.check_resource(request)

    def decide(self, request: Request) -> Decision:
        """Return what the authenticated client `request.client` is granted. Writes nothing. Raises OAuth2Error."""
        raise NotImplementedError

    def redeem(self, request: Request, decision: Decision) -> Decision | None:
        """Mark as used what can be used once, in the transaction that issues the token. Raises OAuth2Error.

        May return another decision, for a person who is only added in that transaction.
        """
        return None

    def create_token_response(self, request: Request, token_handler: BearerToken) -> tuple[dict[str, str], str, int]:
        """Return the headers, the body and the status of the response. Raises OAuth2Error."""
        self.request_validator.authenticate_client(request)
        self.check_client(request)
        self.check_resource(request)
        decision = self.decide(request)
        request.user, request.scopes = decision.user, list(decision.scope)
        token = token_handler.create_token(request, refresh_token=decision.has_refresh_token)
        if decision.lifetime is not None:
            token["expires_in"] = min(token["expires_in"], int(decision.lifetime.total_seconds()))
        self._issue(token, request, decision)
        authorization_limit.revoke_least_used(request.user, request.client)
        return self._get_default_headers(), json.dumps(token), 200

    def _issue(self, token: OAuth2Token, request: Request, decision: Decision) -> None:
        try:
            with transaction.atomic():
                issuance.lock_client(request.client, request)
                decision = self.redeem(request, decision) or decision
                request.user = decision.user
                authorization = decision.authorization or _live(request, decision) or _authorize(request, decision)
                issuance.store_tokens(token, request, authorization)
        except IntegrityError as error:
            # The client or the person was deleted concurrently.
            raise errors.InvalidGrantError(description="The client or the person has been deleted.") from error


def _live(request: Request, decision: Decision) -> Authorization | None:
    """Return the live authorization that `decision` reuses, locked, so that it is not pruned meanwhile.

    The caller has locked the client, so that concurrent requests create one authorization, and not several.
    """
    if not decision.reuses:
        return None
    same = {
        "scope": " ".join(decision.scope),
        "origin": decision.origin,
        "resource": decision.resource,
        "issuer": decision.issuer,
    }
    found = Authorization.objects.live().filter(consent__user=decision.user, consent__client=request.client, **same)
    return found.select_for_update(of=("self",), no_key=True).order_by("-pk").first()


def _authorize(request: Request, decision: Decision) -> Authorization:
    """Create an authorization. A consent that the person gave in a browser keeps its scope and its end."""
    scope = " ".join(decision.scope)
    found, _ = Consent.objects.get_or_create(user=decision.user, client=request.client, defaults={"scope": scope})
    return Authorization.objects.create(
        consent=found,
        scope=scope,
        origin=decision.origin,
        resource=decision.resource,
        issuer=decision.issuer,
        expires_at=decision.ends_at,
    )
