"""The grant of a token exchange (RFC 8693 section 2)."""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError
from oauthlib.oauth2.rfc6749.tokens import BearerToken

from accounts import rate_limits
from accounts.clients.metadata.grant_types import TOKEN_EXCHANGE
from accounts.dpop.errors import InvalidProof
from accounts.dpop.token_requests import ProofRefused
from accounts.grants import issuance
from accounts.grants.direct.grant import DirectGrant
from accounts.grants.exchange import exchanged, parameters, subject
from accounts.grants.oauthlib_backend import context_of
from accounts.models import AccessToken, AllowedExchange, ProtectedResource
from accounts.protected_resources import endpoints, exchanges
from accounts.protected_resources.targets import invalid_target

NOT_ALLOWED = (
    "The operator does not allow this server to exchange its tokens for tokens of that one. Ask the operator to allow "
    "it on the page of this protected resource."
)
TOOLSET = (
    "No token can be exchanged for one of a toolset of this server. The client of the person can request one, with "
    "that resource."
)
# The reason of the event of a refused exchange.
EXCHANGE_REFUSED = "exchange_refused"
PROOF_REQUIRED = "It is missing: the subject_token is bound to a key, so the new token must be bound to yours."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange that is allowed: `source` received `subject`, and gets `scope`."""

    source: ProtectedResource
    subject: AccessToken
    allowed: AllowedExchange
    scope: list[str]

    @property
    def description(self) -> str:
        consent = self.subject.authorization.consent
        by, at = self.source.name, self.allowed.target.name
        return f"{by} acts for {consent.user} through {consent.client.name}, at {at}."


class TokenExchangeGrant(DirectGrant):
    """Issues an access token for another resource, without a refresh token, to the resource that received one."""

    grant_type = TOKEN_EXCHANGE

    def create_token_response(self, request: Request, token_handler: BearerToken) -> tuple[dict[str, str], str, int]:
        """Return the headers, the body and the status of the response. Raises OAuth2Error and RateLimitExceeded."""
        found = self._find(request)
        request.user, request.client = found.subject.user, found.subject.application
        request.scopes = found.scope
        token = token_handler.create_token(request)
        # Section 2.2.1.
        token["issued_token_type"] = parameters.ACCESS_TOKEN
        try:
            with transaction.atomic():
                issue(token, request, found)
        except IntegrityError as error:
            # The client or the person was deleted concurrently.
            raise InvalidRequestError(description=subject.NOT_ACTIVE) from error
        return self._get_default_headers(), json.dumps(token), 200

    def _find(self, request: Request) -> Exchange:
        parties = context_of(request).parties
        parties.resource = source = subject.authenticate(request)
        asked = parameters.read(request)
        presented = subject.find(asked.subject_token, source)
        parties.user = presented.user
        rate_limits.hit(*rate_limits.quotas(exchanges_person=f"{source.pk} {presented.user_id}"))
        allowed = exchanges.find(source, asked.target)
        if allowed is None:
            is_toolset = endpoints.find_resource(asked.target, context_of(request).resource) is not None
            raise invalid_target(TOOLSET if is_toolset else NOT_ALLOWED)
        if presented.dpop_jkt and context_of(request).proof is None:
            # The source cannot prove the client's key. A bound token never becomes one that anybody can use.
            raise ProofRefused(InvalidProof(PROOF_REQUIRED))
        scope = narrow(asked.scope, presented, allowed)
        return Exchange(source=source, subject=presented, allowed=allowed, scope=scope)


def narrow(requested: list[str], presented: AccessToken, allowed: AllowedExchange) -> list[str]:
    """Return what of `requested`, or else of everything, both the token and the operator allow.

    Raises InvalidScopeError where nothing is left.
    """
    granted = presented.scope.split()
    scope = [name for name in exchanges.ceiling(allowed) if name in granted and name in (requested or granted)]
    if not scope:
        most = allowed.scope
        description = f"Nothing of that scope is left: the operator allows {most}, and the subject_token has {granted}."
        raise InvalidScopeError(description=description)
    return scope


def issue(token: OAuth2Token, request: Request, found: Exchange) -> None:
    """Store `token`, with all that the exchange depends on locked and read again. Raises OAuth2Error."""
    allowed = exchanged.lock_allowed(found.allowed)
    if allowed is None:
        raise invalid_target(NOT_ALLOWED)
    parent = exchanged.lock_parent(found.subject.authorization_id)
    if parent is None or not subject.lock_active(found.subject):
        raise InvalidRequestError(description=subject.NOT_ACTIVE)
    request.scopes = narrow(found.scope, found.subject, allowed)
    token["scope"], token["expires_in"] = " ".join(request.scopes), seconds_left(token["expires_in"], found, allowed)
    ends_at = timezone.now() + timedelta(seconds=token["expires_in"])
    context_of(request).parties.detail = found.description
    issuance.store_tokens(token, request, exchanged.authorize(parent, allowed, ends_at))


def seconds_left(usual: int, found: Exchange, allowed: AllowedExchange) -> int:
    """Return the life of the new token in seconds: it never outlives the subject's. Raises InvalidRequestError."""
    remaining = int((found.subject.expires - timezone.now()).total_seconds())
    if remaining < 1:
        raise InvalidRequestError(description=subject.NOT_ACTIVE)
    return min(usual, allowed.lifetime_minutes * 60, remaining)
