"""Writing what was approved and issued: a code, and the tokens that it or a refresh token is redeemed for.

What a second request would spoil is decided with its row locked, in the transaction that
issues. A request that fails consumes nothing.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
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
from accounts.fetching.bounds import Bounds
from accounts.grants.oauthlib_backend import CLIENT_ADDRESS, RESOURCE
from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken
from accounts.revocation.authorizations import revoke

# For how long the same refresh, sent again, is answered with the same pair.
REPLAY_WINDOW = timedelta(seconds=30)
# How old a refresh token must be before it is exchanged.
SETTLING = timedelta(milliseconds=500)
# Requests of this process that wait for that, and those of them of one authorization.
waiting = Bounds(conf.FETCH_WAITERS)
MOST_WAITING = 2


class ConsentEnded(errors.AccessDeniedError):
    """The remembered consent was withdrawn while its request was being answered."""

    description = "The consent has ended."


@dataclass(frozen=True, slots=True)
class Approval:
    """What the authorization endpoint judged and the person saw, beyond what oauthlib's request holds.

    `remembered` is the authorization because of which the person was not asked again, if there is one.
    """

    client_fingerprint: str
    ends_at: datetime | None
    remembered: Authorization | None = None


def grant_code(code: str, request: Request) -> None:
    """Write what the person of `request` (oauthlib's) approved: Consent, Authorization and Grant.

    Raises ConsentEnded where a remembered consent ended meanwhile, and InvalidClientIdError where the client did.
    """
    try:
        with transaction.atomic():
            _write_code(code, request)
    except IntegrityError as error:
        # The client or the person was deleted while we were at it.
        raise errors.InvalidClientIdError(request=request) from error


def _write_code(code: str, request: Request) -> None:
    approval: Approval = request.approval
    _hold_client(request.client, request)
    if approval.remembered is not None:
        _hold(approval.remembered)
    scope = " ".join(request.scopes)
    approved = {"scope": scope, "client_fingerprint": approval.client_fingerprint, "until": approval.ends_at}
    consent, _ = Consent.objects.update_or_create(user=request.user, client=request.client, defaults=approved)
    authorization = Authorization.objects.create(
        consent=consent,
        scope=scope,
        redirect_uri=request.redirect_uri,
        client_fingerprint=approval.client_fingerprint,
        expires_at=approval.ends_at,
    )
    Grant.objects.create(
        user=request.user,
        application=request.client,
        authorization=authorization,
        code=checksum(code),
        expires=timezone.now() + timedelta(seconds=settings.OAUTH2_PROVIDER["AUTHORIZATION_CODE_EXPIRE_SECONDS"]),
        redirect_uri=request.redirect_uri,
        scope=scope,
        code_challenge=request.code_challenge,
        code_challenge_method=request.code_challenge_method,
        resource=[request.headers[RESOURCE]],
    )
    _record(Event.Kind.AUTHORIZATION, "approved", request, authorization_id=authorization.pk)


def issue_tokens(token: OAuth2Token, request: Request) -> None:
    """Redeem the code or refresh token of `request` and store `token`, oauthlib's reply, which a repeat alters.

    Raises InvalidGrantError where another request came first. That refusal may itself have
    revoked something, so it is raised once the transaction is committed.
    """
    redeem = _redeem_refresh_token if request.grant_type == "refresh_token" else _redeem_code
    try:
        with transaction.atomic():
            refusal = redeem(token, request)
    except (IntegrityError, Grant.DoesNotExist, RefreshToken.DoesNotExist) as error:
        # The client, the person or the authorization was deleted while we were at it.
        raise errors.InvalidGrantError(description="The authorization has ended.") from error
    if refusal is not None:
        raise refusal


def let_siblings_arrive(presented: RefreshToken) -> None:
    """Wait until a refresh token that was issued a moment ago has settled. Not to be called inside a transaction.

    Of several calls that meet an expired token at once, the TypeScript SDK lets each refresh by
    itself. One that reads the new token at once and exchanges it would overtake a sibling that
    is still on its way with the old one, which then looks like theft and ends the login.

    The thread waits without a database connection. Beyond the bounds nobody waits: who sends one token so often has
    no sibling to wait for.
    """
    remaining = SETTLING - (timezone.now() - presented.created)
    if presented.revoked is not None or remaining <= timedelta(0):
        return
    with waiting.place({f"authorization {presented.authorization_id}": MOST_WAITING}) as is_taken:
        if is_taken:
            release_connection()
            time.sleep(min(remaining, SETTLING).total_seconds())


def reused_code(grant: Grant) -> errors.OAuth2Error:
    """End what a code led to when it comes a second time, and return the error to answer with.

    RFC 6749 section 4.1.2: the server "SHOULD revoke (when possible) all tokens previously
    issued based on that authorization code".
    """
    revoke(Authorization.objects.filter(pk=grant.authorization_id), reason="code_reused")
    return errors.InvalidGrantError(description="The code was used before; its authorization has ended.")


def _hold(remembered: Authorization) -> None:
    """Lock the row, so that a revocation that comes now finds what follows from it. Raises ConsentEnded."""
    locked = Authorization.objects.live().select_for_update(of=("self",), no_key=True)
    if locked.filter(pk=remembered.pk).first() is None:
        raise ConsentEnded


def _hold_client(client: Client, request: Request) -> None:
    """Lock the row, so that whoever deletes the client finds what is written now. Raises InvalidClientIdError."""
    locked = Client.objects.select_for_update(of=("self",), no_key=True).filter(pk=client.pk).first()
    if locked is None or locked.is_ended:
        raise errors.InvalidClientIdError(request=request)


def _redeem_code(token: OAuth2Token, request: Request) -> errors.OAuth2Error | None:
    grant = Grant.objects.select_for_update(of=("self",)).select_related("authorization").get(pk=request.grant.pk)
    if grant.redeemed_at is not None:
        return reused_code(grant)
    Grant.objects.filter(pk=grant.pk).update(redeemed_at=timezone.now())
    _store(token, request, grant.authorization)
    return None


def _redeem_refresh_token(token: OAuth2Token, request: Request) -> errors.OAuth2Error | None:
    refresh_tokens = RefreshToken.objects.select_for_update(of=("self",)).select_related("authorization")
    presented = refresh_tokens.get(pk=request.refresh_token_instance.pk)
    if presented.revoked is None:
        RefreshToken.objects.filter(pk=presented.pk).update(revoked=timezone.now())
        _store(token, request, presented.authorization, source=presented)
        return None
    if timezone.now() - presented.revoked < REPLAY_WINDOW and _repeat(token, request, presented):
        return None
    revoke(Authorization.objects.filter(pk=presented.authorization_id), reason="refresh_token_reused")
    return errors.InvalidGrantError(description="The refresh token was used before; its authorization has ended.")


def _repeat(token: OAuth2Token, request: Request, presented: RefreshToken) -> bool:
    """Turn `token` into the pair that `presented` was exchanged for; False once that pair was itself refreshed."""
    successor = AccessToken.objects.filter(source_refresh_token=presented).select_related("refresh_token").first()
    refresh: RefreshToken | None = getattr(successor, "refresh_token", None)
    if successor is None or refresh is None or refresh.revoked is not None:
        return False
    pair = _known_as(refresh.token_checksum, request.refresh_token)
    if pair is None:
        return False
    remaining = int((successor.expires - timezone.now()).total_seconds())
    token.update(**pair._asdict(), scope=successor.scope, expires_in=max(remaining, 0))
    return True


def _known_as(refresh_token_checksum: str, predecessor: str) -> Pair | None:
    """The pair derived from `predecessor` whose refresh token has that checksum, whichever key it was made under."""
    return next((p for p in successors(predecessor) if checksum(p.refresh_token) == refresh_token_checksum), None)


def _store(
    token: OAuth2Token, request: Request, authorization: Authorization, source: RefreshToken | None = None
) -> None:
    common = {
        "user": request.user,
        "application": request.client,
        "authorization": authorization,
        "scope": token["scope"],
        "resource": [request.headers[RESOURCE]],
    }
    now = timezone.now()
    if authorization.expires_at is not None:
        token["expires_in"] = min(token["expires_in"], int((authorization.expires_at - now).total_seconds()))
    expires = now + timedelta(seconds=token["expires_in"])
    access = AccessToken(**common, expires=expires, source_refresh_token=source)
    set_token_value(access, token["access_token"])
    access.save(force_insert=True)
    if request.client.may_refresh:
        refresh = RefreshToken(**common, access_token=access)
        set_token_value(refresh, token["refresh_token"])
        refresh.save(force_insert=True)
    else:
        token.pop("refresh_token", None)
    _record(Event.Kind.TOKEN, request.grant_type, request, authorization_id=authorization.pk, token_id=access.pk)


def _record(kind: str, action: str, request: Request, **ids: Any) -> None:
    address = request.headers[CLIENT_ADDRESS] or None
    events.record(kind, action=action, user=request.user, client=request.client, address=address, **ids)
