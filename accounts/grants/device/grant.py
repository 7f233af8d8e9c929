"""The device's request for its token (RFC 8628 section 3.4), which it repeats until the person has decided."""

from django.db import transaction
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.oauth2.rfc8628.errors import AccessDenied, AuthorizationPendingError, ExpiredTokenError, SlowDownError

from accounts.clients.metadata import grant_types
from accounts.crypto.token_values import checksum
from accounts.grants.direct.grant import Decision, DirectGrant
from accounts.grants.oauthlib_backend import context_of
from accounts.models import Authorization, DeviceCode
from accounts.revocation.authorizations import revoke


class CodeReused(errors.InvalidGrantError):
    description = "The device code was used before, so its authorization was revoked."


class DeviceCodeGrant(DirectGrant):
    grant_type = grant_types.DEVICE_CODE

    def create_token_response(self, request: Request, token_handler: BearerToken) -> tuple[dict[str, str], str, int]:
        try:
            return super().create_token_response(request, token_handler)
        except CodeReused:
            # As for an authorization code (RFC 6749 section 4.1.2): one of the two who used it is not the client.
            revoke(Authorization.objects.filter(pk=request.presented.authorization_id), reason="code_reused")
            raise

    def decide(self, request: Request) -> Decision:
        """Return what the person approved. Raises the errors of RFC 8628 section 3.5 before that."""
        code = request.presented = _presented(request)
        authorization = code.authorization
        if authorization is None:
            raise _undecided(code)
        if code.redeemed_at is not None:
            raise CodeReused
        if code.is_expired:
            raise ExpiredTokenError(description="The device code has expired.")
        user = context_of(request).parties.user = authorization.consent.user
        self.request_validator.check_alive(authorization, user)
        self.request_validator.check_resource(request, authorization)
        return Decision(
            user=user,
            scope=authorization.scope.split(),
            origin=Authorization.Origin.DEVICE,
            has_refresh_token=True,
            authorization=authorization,
        )

    def redeem(self, request: Request, decision: Decision) -> None:
        """Mark the code as used. Raises CodeReused where another request was first."""
        unused = DeviceCode.objects.filter(pk=request.presented.pk, redeemed_at=None)
        if not unused.update(redeemed_at=timezone.now()):
            raise CodeReused


def _presented(request: Request) -> DeviceCode:
    # oauthlib's request raises AttributeError for a parameter that was not sent.
    value = getattr(request, "device_code", None)
    if not value:
        raise errors.InvalidRequestError(description="The device_code is missing.")
    codes = DeviceCode.objects.select_related("authorization__consent__user")
    found = codes.filter(device_code=checksum(value), client=request.client).first()
    if found is None:
        raise errors.InvalidGrantError(description="The device code is unknown or was issued to another client.")
    return found


def _undecided(code: DeviceCode) -> errors.OAuth2Error:
    """Return the error for a code that no person has approved. A request that comes too early is told to slow down."""
    if code.denied_at is not None:
        return AccessDenied(description="The person declined.")
    if code.is_expired:
        return ExpiredTokenError(description="The device code has expired. Start again.")
    with transaction.atomic():
        locked = DeviceCode.objects.select_for_update().filter(pk=code.pk).first()
        if locked is None:
            return errors.InvalidGrantError(description="The client was deleted.")
        is_early = locked.note_poll()
        locked.save(update_fields=["interval", "next_poll_at"])
    if is_early:
        return SlowDownError(description=f"Wait {locked.interval} seconds between two requests.")
    return AuthorizationPendingError(description="The person has not decided yet.")
