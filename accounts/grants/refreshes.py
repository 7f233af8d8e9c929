"""Refreshes (RFC 6749 section 6): each rotates the pair, and one that comes late is given the newest pair.

Programs that share a refresh token, such as several sessions of one client, notice only later that one of them has
exchanged it: up to REFRESH_GRACE_SECONDS, they may present the old one. After that, its use counts as theft.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors

from accounts.conf import conf
from accounts.crypto.token_values import Pair, checksum, successors
from accounts.grants import key_binding
from accounts.grants.issuance import seconds_until, store_tokens
from accounts.models import AccessToken, Authorization, RefreshToken
from accounts.revocation.authorizations import revoke

# Exchanges that are followed from an old token to the newest one.
MOST_FOLLOWED = 100
# An access token that ends sooner is replaced rather than given again.
SHORTEST_LIFE = timedelta(seconds=5)
REUSED = "The refresh token was used before, so its authorization was revoked."
NOT_FOLLOWED = "The refresh token was used before. Its successor cannot be found: connect again."


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest pair of a chain: its values, and its access token. The row of its refresh token is locked."""

    pair: Pair
    access: AccessToken
    refresh: RefreshToken


def redeem_refresh_token(token: OAuth2Token, request: Request) -> errors.OAuth2Error | None:
    """Exchange the refresh token of `request`; for an old one, change `token` to the newest pair of its chain.

    Returns the error for the response where the token was used before, and its authorization is revoked now. Raises
    InvalidGrantError.
    """
    presented = _locked(request.refresh_token_instance.pk)
    if presented.revoked is None:
        _rotate(presented, token, request)
        return None
    if timezone.now() - presented.revoked >= timedelta(seconds=conf.REFRESH_GRACE_SECONDS):
        revoke(Authorization.objects.filter(pk=presented.authorization_id), reason="refresh_token_reused")
        return errors.InvalidGrantError(description=REUSED)
    newest = _newest(presented, request.refresh_token)
    key_binding.check_assertion(newest.refresh, request)
    has_same_scope = set(newest.access.scope.split()) == set(token["scope"].split())
    if has_same_scope and newest.access.expires - timezone.now() > SHORTEST_LIFE:
        _give_again(newest, token, request)
    else:
        key_binding.check_key(newest.refresh, request)
        token.update(next(successors(newest.pair.refresh_token))._asdict())
        _rotate(newest.refresh, token, request)
    return None


def _locked(pk: int) -> RefreshToken:
    return RefreshToken.objects.select_for_update(of=("self",)).select_related("authorization").get(pk=pk)


def _rotate(current: RefreshToken, token: OAuth2Token, request: Request) -> None:
    RefreshToken.objects.filter(pk=current.pk).update(revoked=timezone.now())
    store_tokens(token, request, current.authorization, source=current)


def _give_again(newest: Newest, token: OAuth2Token, request: Request) -> None:
    key_binding.replay_to(newest.access, token, request)
    expires_in = seconds_until(newest.access.expires)
    token.update(**newest.pair._asdict(), scope=newest.access.scope, expires_in=expires_in)


def _newest(presented: RefreshToken, value: str) -> Newest:
    """Return the newest pair after `presented`, whose value is `value`: each is derived from the one before.

    Raises InvalidGrantError where one cannot be derived, because its SECRET_KEY is gone, or after too many.
    """
    for _ in range(MOST_FOLLOWED):
        access = AccessToken.objects.filter(source_refresh_token=presented).select_related("refresh_token").first()
        successor: RefreshToken | None = getattr(access, "refresh_token", None)
        pair = _derived_pair(successor.token_checksum, value) if successor is not None else None
        if access is None or successor is None or pair is None:
            break
        presented, value = _locked(successor.pk), pair.refresh_token
        if presented.revoked is None:
            return Newest(pair, access, presented)
    raise errors.InvalidGrantError(description=NOT_FOLLOWED)


def _derived_pair(refresh_token_checksum: str, predecessor: str) -> Pair | None:
    """Return the pair derived from `predecessor`, under any key, whose refresh token has that checksum."""
    return next((p for p in successors(predecessor) if checksum(p.refresh_token) == refresh_token_checksum), None)
