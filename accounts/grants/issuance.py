"""Issuance: the rows of access and refresh tokens, in the transaction that redeems what the client presented.

Checks that a concurrent request could invalidate are made with the row locked, in the transaction that issues. A
request that fails consumes nothing.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from oauth2_provider.models import set_token_value
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors

from accounts.audit import events
from accounts.grants import key_binding
from accounts.grants.oauthlib_backend import context_of
from accounts.http.address import endpoint_at
from accounts.models import AccessToken, Authorization, Client, Event, Grant, RefreshToken
from accounts.signing import access_tokens
from accounts.signing.keys import KeyUnreadable

# Redeems what a request presents, and stores the tokens. Returns the error of a request that revokes something.
Redeem = Callable[[OAuth2Token, Request], errors.OAuth2Error | None]


def issue_tokens(token: OAuth2Token, request: Request, redeem: Redeem) -> None:
    """Let `redeem` store `token`, oauthlib's response, which it may change.

    Raises InvalidGrantError where another request redeemed the code or token. That may have revoked the authorization,
    so it is raised after the commit.
    """
    try:
        with transaction.atomic():
            refusal = redeem(token, request)
    except (IntegrityError, Grant.DoesNotExist, RefreshToken.DoesNotExist) as error:
        # The client, the person or the authorization was deleted concurrently.
        raise errors.InvalidGrantError(description="The authorization has ended.") from error
    if refusal is not None:
        raise refusal


def lock_client(client: Client, request: Request) -> None:
    """Lock the row, so that a concurrent deletion includes the new rows. Raises InvalidClientIdError."""
    if lock_usable(client) is None:
        raise errors.InvalidClientIdError(request=request)


def lock_usable(client: Client) -> Client | None:
    """Return the row of `client` as it is now, locked; None where it was deleted, suspended or not approved."""
    locked = Client.objects.select_for_update(of=("self",), no_key=True).filter(pk=client.pk).first()
    return locked if locked is not None and not locked.is_disabled else None


def seconds_until(end: datetime) -> int:
    """Return the seconds until `end`, rounded up. Raises InvalidGrantError where there are none.

    Clients divide by `expires_in`, or take 0 for "does not expire".
    """
    remaining = math.ceil((end - timezone.now()).total_seconds())
    if remaining < 1:
        raise errors.InvalidGrantError(description="The authorization has expired.")
    return remaining


def store_tokens(
    token: OAuth2Token, request: Request, authorization: Authorization, source: RefreshToken | None = None
) -> None:
    common = {
        "user": request.user,
        "application": request.client,
        "authorization": authorization,
        "resource": [authorization.resource or context_of(request).resource],
    }
    life_of_jwts = access_tokens.lifetime(authorization)
    if life_of_jwts is not None:
        token["expires_in"] = min(token["expires_in"], int(life_of_jwts.total_seconds()))
    expires = timezone.now() + timedelta(seconds=token["expires_in"])
    if authorization.expires_at is not None and authorization.expires_at < expires:
        expires = authorization.expires_at
        token["expires_in"] = seconds_until(expires)
    access = AccessToken(**common, scope=token["scope"], expires=expires, source_refresh_token=source)
    key = key_binding.use_proof(request)
    key_binding.bind(token, access, key)
    set_token_value(access, token["access_token"])
    access.save(force_insert=True)
    if life_of_jwts is not None:
        token["access_token"] = sign(access, request)
    if request.client.may_refresh and "refresh_token" in token:
        bound_to = key_binding.refresh_key(request.client, key)
        refresh = RefreshToken(**common, scope=authorization.scope, access_token=access, dpop_jkt=bound_to)
        refresh.requires_assertion = context_of(request).parties.has_asserted
        set_token_value(refresh, token["refresh_token"])
        refresh.save(force_insert=True)
    else:
        token.pop("refresh_token", None)
    record(Event.Kind.TOKEN, request.grant_type, request, authorization=authorization, token_id=access.pk)


def sign(access: AccessToken, request: Request) -> str:
    """Return the JWT of `access`. Raises ServerError where the key cannot be read, which the operator can mend."""
    try:
        return access_tokens.sign(access, context_of(request).issuer)
    except KeyUnreadable as error:
        raise errors.ServerError(description=str(error), status_code=500) from error


def record(kind: str, action: str, request: Request, *, authorization: Authorization | None = None, **ids: Any) -> None:
    """Record a success, with the endpoint of this server that the `authorization` is for."""
    context = context_of(request)
    if authorization is not None:
        ids |= {"authorization_id": authorization.pk, "endpoint": endpoint_at(authorization.resource, context.resource)}
    program = {"address": context.client_address, "agent": context.user_agent, "detail": context.parties.detail}
    events.record(kind, action=action, user=request.user, client=request.client, **program, **ids)
