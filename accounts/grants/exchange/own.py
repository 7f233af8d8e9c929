"""Token exchange by this server itself, for a tool that received the token of its call (RFC 8693).

What is allowed, and what is stored, is the same as at the token endpoint. The operator allows it on the page of the
protected resource that has this server's own address. No secret is needed: the tool runs in this server.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Error, OAuth2Token
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError
from oauthlib.oauth2.rfc6749.tokens import BearerToken

from accounts import rate_limits
from accounts.audit import events
from accounts.clients.metadata.grant_types import TOKEN_EXCHANGE
from accounts.conf import conf
from accounts.grants import key_binding
from accounts.grants.exchange import subject
from accounts.grants.exchange.grant import EXCHANGE_REFUSED, TOOLSET, Exchange, issue
from accounts.grants.oauthlib_backend import RequestContext, request_with
from accounts.grants.parties import Parties
from accounts.http.address import RESOURCE_PATH
from accounts.models import AccessToken, AllowedExchange, Event, ProtectedResource
from accounts.protected_resources import endpoints, exchanges, targets
from accounts.user_model import User

WITHOUT_APP = "There is no token to exchange: the call did not come from an app. Call the tool from an app."
ENDED = "The token of this call has ended. Call the tool again."
NOT_LISTED = (
    "The operator does not allow this server to call others: add {} to the protected resources in admin, and allow the "
    "call on its page."
)
UNKNOWN_TARGET = "{:.200} is no active protected resource. The operator can add it in admin, or switch it on."
NOT_ALLOWED = (
    "The operator does not allow this server to call {} on behalf of people. Allow it on the page of {} in admin, "
    "under “Calls of other servers”."
)
WIDER = "The scope {:.200} is not allowed at {}. Of what the token of this call has, the operator allows: {}."
NOTHING = "Nothing is left of the scopes: the operator allows {} at {}, and the token of this call has {}."
BOUND = (
    "The app has bound the token of this call to a key (DPoP), so it cannot be exchanged for a token without a key. "
    "Use an app that does not bind its tokens."
)


class NotExchanged(Exception):
    """An exchange that is refused. Its text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedToken:
    """The token of a call: its ids, its person, and the scopes and the address of the call."""

    token_id: int
    authorization_id: int
    user: User
    scopes: frozenset[str]
    address: str | None


def exchange(received: ReceivedToken, target: str, scope: list[str]) -> str:
    """Return an access token for the resource `target`, with `scope`; without any, with as much as is allowed.

    To be called outside of a transaction, so that the other server can ask about the token at once. Raises
    NotExchanged, whose event is written.
    """
    try:
        return _exchange(received, target, scope)
    except NotExchanged as error:
        _record(received, error)
        raise


def _exchange(received: ReceivedToken, target: str, scope: list[str]) -> str:
    presented = _subject(received)
    own = _own_address(presented)
    source = _source(own)
    try:
        rate_limits.hit(*rate_limits.quotas(exchanges_person=f"{source.pk} {received.user.pk}"))
        subject.check_chain(presented)
        allowed = _allowed(source, target)
        granted = _narrowed(received, presented, allowed, scope)
        found = Exchange(source=source, subject=presented, allowed=allowed, scope=granted)
        return _issued(received, own, found, scope)
    except rate_limits.RateLimitExceeded as exceeded:
        wait = exceeded.retry_after
        raise NotExchanged(f"Too many tokens were exchanged for this person. Try again in {wait} s.") from exceeded
    except OAuth2Error as error:
        raise NotExchanged(error.description) from error


def _subject(received: ReceivedToken) -> AccessToken:
    if not received.token_id:
        raise NotExchanged(WITHOUT_APP)
    presented = subject.active_tokens().filter(pk=received.token_id).first()
    if presented is None or presented.application is None or not presented.resource:
        raise NotExchanged(ENDED)
    if presented.dpop_jkt or key_binding.requires_proof(presented.application):
        raise NotExchanged(BOUND)
    return presented


def _own_address(presented: AccessToken) -> str:
    """Return this server's own resource: that of its first endpoint, also for a token for another one.

    Without PUBLIC_URL, its origin is that of the token's resource.
    """
    return (conf.PUBLIC_URL or str(presented.resource[0]).partition(RESOURCE_PATH)[0]) + RESOURCE_PATH


def _source(own: str) -> ProtectedResource:
    found = targets.find_row(own)
    if found is None:
        raise NotExchanged(NOT_LISTED.format(own))
    return found


def _allowed(source: ProtectedResource, target: str) -> AllowedExchange:
    allowed = exchanges.find(source, target)
    if allowed is not None:
        return allowed
    if endpoints.find_resource(target, source.identifier) is not None:
        raise NotExchanged(TOOLSET)
    found = targets.find_row(target)
    if found is None:
        raise NotExchanged(UNKNOWN_TARGET.format(target))
    raise NotExchanged(NOT_ALLOWED.format(found.name, source.name))


def _narrowed(received: ReceivedToken, presented: AccessToken, allowed: AllowedExchange, scope: list[str]) -> list[str]:
    """Return the scopes of the new token. Raises NotExchanged for more than is allowed, and where none is left.

    The scopes of the call may be fewer than those of its token: a task has only those that are left.
    """
    held = received.scopes.intersection(presented.scope.split())
    most = [name for name in exchanges.ceiling(allowed) if name in held]
    if missing := [name for name in scope if name not in most]:
        raise NotExchanged(WIDER.format(" ".join(missing), allowed.target.name, " ".join(most) or "nothing"))
    if not most:
        raise NotExchanged(NOTHING.format(allowed.scope, allowed.target.name, " ".join(sorted(held)) or "nothing"))
    return [name for name in most if name in (scope or most)]


def _issued(received: ReceivedToken, own: str, found: Exchange, scope: list[str]) -> str:
    request = request_with(
        RequestContext(own.removesuffix(RESOURCE_PATH), own, received.address, "", Parties()), TOKEN_EXCHANGE
    )
    request.user, request.client, request.scopes = found.subject.user, found.subject.application, found.scope
    token = _new_token(request)
    with transaction.atomic():
        _issue(token, request, found)
        if missing := [name for name in scope if name not in token["scope"].split()]:
            # The operator has just allowed less.
            raise NotExchanged(WIDER.format(" ".join(missing), found.allowed.target.name, token["scope"]))
    return str(token["access_token"])


def _issue(token: OAuth2Token, request: Request, found: Exchange) -> None:
    try:
        with transaction.atomic():
            issue(token, request, found)
    except (IntegrityError, InvalidRequestError) as error:
        # Access has just ended, or the client or the person was deleted concurrently.
        raise NotExchanged(ENDED) from error


def _new_token(request: Request) -> OAuth2Token:
    """Return a token as the token endpoint makes them."""
    handler = BearerToken(
        token_generator=oauth2_settings.ACCESS_TOKEN_GENERATOR, expires_in=oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
    )
    return handler.create_token(request)


def _record(received: ReceivedToken, error: NotExchanged) -> None:
    events.record(
        Event.Kind.TOKEN,
        outcome=Event.Outcome.REFUSED,
        action=TOKEN_EXCHANGE,
        reason=EXCHANGE_REFUSED,
        detail=str(error),
        user=received.user,
        # As at the token endpoint: the server is refused, and not the app, which its authorization names.
        client_name="This server",
        authorization_id=received.authorization_id,
        token_id=received.token_id,
        address=received.address,
    )
