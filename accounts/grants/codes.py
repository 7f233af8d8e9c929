"""Authorization codes (RFC 6749 section 4.1): issuance after the person's decision, and redemption."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors

from accounts.conf import conf
from accounts.crypto.token_values import checksum
from accounts.grants.issuance import lock_client, record, store_tokens
from accounts.grants.oauthlib_backend import context_of
from accounts.models import Authorization, Consent, Event, Grant
from accounts.revocation.authorizations import revoke


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
    record(Event.Kind.AUTHORIZATION, "approved", request, authorization=authorization)


def redeem_code(token: OAuth2Token, request: Request) -> errors.OAuth2Error | None:
    grant = Grant.objects.select_for_update(of=("self",)).select_related("authorization").get(pk=request.grant.pk)
    if grant.redeemed_at is not None:
        return revoke_reused_code(grant)
    Grant.objects.filter(pk=grant.pk).update(redeemed_at=timezone.now())
    store_tokens(token, request, grant.authorization)
    return None


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
