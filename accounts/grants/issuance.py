"""Issuance of codes, and redemption of codes and refresh tokens.

Checks that a concurrent request could invalidate are made with the row locked, in the transaction that issues. A
request that fails consumes nothing.
"""

import math
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from oauth2_provider.models import set_token_value
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors

from accounts.audit import events
from accounts.conf import conf
from accounts.crypto.token_values import Pair, checksum, successors
from accounts.db.connection_pool import release_connection
from accounts.fetching.concurrency import ConcurrencyLimit
from accounts.grants import key_binding
from accounts.grants.oauthlib_backend import context_of
from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken
from accounts.revocation.authorizations import revoke

# For how long a repeated refresh gets the same pair of tokens.
REPLAY_WINDOW = timedelta(seconds=30)
# The age at which a refresh token can be exchanged.
MINIMUM_AGE = timedelta(seconds=1)
# Requests of this process that wait for that age, and the most of one authorization.
delayed = ConcurrencyLimit(conf.FETCH_WAITERS)
MOST_DELAYED = 4


class ConsentEnded(errors.AccessDeniedError):
    """The remembered consent was revoked while the request was processed."""

    description = "The consent has ended."


@dataclass(frozen=True, slots=True)
class Approval:
    """The decision at the authorization endpoint, in addition to the parameters in oauthlib's request.

    `remembered` is the earlier authorization that made another consent unnecessary, if there was one.
    """

    client_fingerprint: str
    ends_at: datetime | None
    remembered: Authorization | None = None


def grant_code(code: str, request: Request) -> None:
    """Write the Consent, Authorization and Grant for a `request` (oauthlib's) that the person approved.

    Raises ConsentEnded where a remembered consent was revoked meanwhile, and InvalidClientIdError where the client was
    suspended or deleted.
    """
    try:
        with transaction.atomic():
            _write_code(code, request)
    except IntegrityError as error:
        # The client or the person was deleted concurrently.
        raise errors.InvalidClientIdError(request=request) from error


def _write_code(code: str, request: Request) -> None:
    approval: Approval = request.approval
    lock_client(request.client, request)
    if approval.remembered is not None:
        _lock_authorization(approval.remembered)
    scope = " ".join(request.scopes)
    approved = {"scope": scope, "client_fingerprint": approval.client_fingerprint, "until": approval.ends_at}
    consent, _ = Consent.objects.update_or_create(user=request.user, client=request.client, defaults=approved)
    authorization = Authorization.objects.create(
        consent=consent,
        scope=scope,
        redirect_uri=request.redirect_uri,
        resource=request.target.identifier if request.target is not None else "",
        client_fingerprint=approval.client_fingerprint,
        expires_at=approval.ends_at,
    )
    Grant.objects.create(
        user=request.user,
        application=request.client,
        authorization=authorization,
        code=checksum(code),
        expires=timezone.now() + timedelta(minutes=conf.AUTHORIZATION_CODE_EXPIRE_MINUTES),
        redirect_uri=request.redirect_uri,
        scope=scope,
        code_challenge=request.code_challenge,
        code_challenge_method=request.code_challenge_method,
        resource=[authorization.resource or context_of(request).resource],
        dpop_jkt=getattr(request, "dpop_jkt", None) or "",
    )
    _record(Event.Kind.AUTHORIZATION, "approved", request, authorization_id=authorization.pk)


def issue_tokens(token: OAuth2Token, request: Request) -> None:
    """Redeem the code or refresh token of `request` and store `token`, oauthlib's response.

    A repeated refresh changes `token` to the pair that was issued first. Raises InvalidGrantError where another request
    redeemed the code or token. That may have revoked the authorization, so it is raised after the commit.
    """
    redeem = _redeem_refresh_token if request.grant_type == "refresh_token" else _redeem_code
    try:
        with transaction.atomic():
            refusal = redeem(token, request)
    except (IntegrityError, Grant.DoesNotExist, RefreshToken.DoesNotExist) as error:
        # The client, the person or the authorization was deleted concurrently.
        raise errors.InvalidGrantError(description="The authorization has ended.") from error
    if refusal is not None:
        raise refusal


def delay_new_refresh_token(presented: RefreshToken) -> None:
    """Wait until a refresh token has its MINIMUM_AGE. Must not be called inside a transaction.

    Where several concurrent calls find an expired access token, the TypeScript SDK refreshes once for each. A call that
    reads the new refresh token and exchanges it at once would overtake another that is still sending the old one. That
    would look like theft and revoke the authorization.

    The thread waits without a database connection. Requests beyond the limits are not delayed.
    """
    remaining = MINIMUM_AGE - (timezone.now() - presented.created)
    if presented.revoked is not None or remaining <= timedelta(0):
        return
    with delayed.slot({f"authorization {presented.authorization_id}": MOST_DELAYED}) as is_acquired:
        if is_acquired:
            release_connection()
            time.sleep(min(remaining, MINIMUM_AGE).total_seconds())


def revoke_reused_code(grant: Grant) -> errors.OAuth2Error:
    """Revoke the authorization of a code that is presented a second time. Returns the error for the response.

    RFC 6749 section 4.1.2: the server "SHOULD revoke (when possible) all tokens previously
    issued based on that authorization code".
    """
    revoke(Authorization.objects.filter(pk=grant.authorization_id), reason="code_reused")
    return errors.InvalidGrantError(description="The code was used before, so its authorization was revoked.")


def _lock_authorization(remembered: Authorization) -> None:
    """Lock the row, so that a concurrent revocation waits for the new authorization. Raises ConsentEnded."""
    locked = Authorization.objects.live().select_for_update(of=("self",), no_key=True)
    if locked.filter(pk=remembered.pk).first() is None:
        raise ConsentEnded


def lock_client(client: Client, request: Request) -> None:
    """Lock the row, so that a concurrent deletion includes the new rows. Raises InvalidClientIdError."""
    locked = Client.objects.select_for_update(of=("self",), no_key=True).filter(pk=client.pk).first()
    if locked is None or locked.is_disabled:
        raise errors.InvalidClientIdError(request=request)


def _redeem_code(token: OAuth2Token, request: Request) -> errors.OAuth2Error | None:
    grant = Grant.objects.select_for_update(of=("self",)).select_related("authorization").get(pk=request.grant.pk)
    if grant.redeemed_at is not None:
        return revoke_reused_code(grant)
    Grant.objects.filter(pk=grant.pk).update(redeemed_at=timezone.now())
    store_tokens(token, request, grant.authorization)
    return None


def _redeem_refresh_token(token: OAuth2Token, request: Request) -> errors.OAuth2Error | None:
    refresh_tokens = RefreshToken.objects.select_for_update(of=("self",)).select_related("authorization")
    presented = refresh_tokens.get(pk=request.refresh_token_instance.pk)
    if presented.revoked is None:
        RefreshToken.objects.filter(pk=presented.pk).update(revoked=timezone.now())
        store_tokens(token, request, presented.authorization, source=presented)
        return None
    if timezone.now() - presented.revoked < REPLAY_WINDOW and _replay(token, request, presented):
        return None
    revoke(Authorization.objects.filter(pk=presented.authorization_id), reason="refresh_token_reused")
    return errors.InvalidGrantError(description="The refresh token was used before, so its authorization was revoked.")


def _replay(token: OAuth2Token, request: Request, presented: RefreshToken) -> bool:
    """Change `token` to the pair that `presented` was exchanged for. Returns False if that was refreshed, too."""
    successor = AccessToken.objects.filter(source_refresh_token=presented).select_related("refresh_token").first()
    refresh: RefreshToken | None = getattr(successor, "refresh_token", None)
    if successor is None or refresh is None or refresh.revoked is not None:
        return False
    pair = _derived_pair(refresh.token_checksum, request.refresh_token)
    if pair is None:
        return False
    key_binding.replay_to(successor, token, request)
    token.update(**pair._asdict(), scope=successor.scope, expires_in=_seconds_until(successor.expires))
    return True


def _seconds_until(end: datetime) -> int:
    """Return the seconds until `end`, rounded up. Raises InvalidGrantError where there are none.

    Clients divide by `expires_in`, or take 0 for "does not expire".
    """
    remaining = math.ceil((end - timezone.now()).total_seconds())
    if remaining < 1:
        raise errors.InvalidGrantError(description="The authorization has expired.")
    return remaining


def _derived_pair(refresh_token_checksum: str, predecessor: str) -> Pair | None:
    """Return the pair derived from `predecessor`, under any key, whose refresh token has that checksum."""
    return next((p for p in successors(predecessor) if checksum(p.refresh_token) == refresh_token_checksum), None)


def store_tokens(
    token: OAuth2Token, request: Request, authorization: Authorization, source: RefreshToken | None = None
) -> None:
    common = {
        "user": request.user,
        "application": request.client,
        "authorization": authorization,
        "resource": [authorization.resource or context_of(request).resource],
    }
    expires = timezone.now() + timedelta(seconds=token["expires_in"])
    if authorization.expires_at is not None and authorization.expires_at < expires:
        expires = authorization.expires_at
        token["expires_in"] = _seconds_until(expires)
    access = AccessToken(**common, scope=token["scope"], expires=expires, source_refresh_token=source)
    key = key_binding.use_proof(request)
    key_binding.bind(token, access, key)
    set_token_value(access, token["access_token"])
    access.save(force_insert=True)
    if request.client.may_refresh and "refresh_token" in token:
        bound_to = key_binding.refresh_key(request.client, key)
        refresh = RefreshToken(**common, scope=authorization.scope, access_token=access, dpop_jkt=bound_to)
        set_token_value(refresh, token["refresh_token"])
        refresh.save(force_insert=True)
    else:
        token.pop("refresh_token", None)
    _record(Event.Kind.TOKEN, request.grant_type, request, authorization_id=authorization.pk, token_id=access.pk)


def _record(kind: str, action: str, request: Request, **ids: Any) -> None:
    context = context_of(request)
    program = {"address": context.client_address, "agent": context.user_agent}
    events.record(kind, action=action, user=request.user, client=request.client, **program, **ids)
