"""Issuance of device codes, and the person's decision about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.audit import events
from accounts.crypto.token_values import checksum, random_token
from accounts.grants import authorization_limit, issuance
from accounts.grants.device import user_codes
from accounts.grants.oauthlib_backend import context_of
from accounts.http.address import endpoint_at, resource
from accounts.models import Authorization, Consent, DeviceCode, Event, ProtectedResource
from accounts.models.device_codes import ISSUED
from accounts.user_model import User

LIFETIME = timedelta(minutes=10)
LONGEST_AGENT = 200


class CodeEnded(Exception):
    """A device code about which nobody can decide any more: decided, expired, or of a client that was disabled."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new device code, with the values that only the device gets."""

    device_code: str
    user_code: str
    row: DeviceCode


@dataclass(frozen=True, slots=True)
class Approval:
    """The person's decision: the scopes that they left checked, and the end of the authorization."""

    user: User
    scope: list[str]
    ends_at: datetime | None


def issue(request: Request, scope: list[str], target: ProtectedResource | None) -> Issued:
    """Store a code for the authenticated client of `request` (oauthlib's). Raises InvalidClientIdError."""
    context = context_of(request)
    device_code, user_code = random_token(), user_codes.generate()
    row = DeviceCode(
        client=request.client,
        device_code=checksum(device_code),
        user_code=user_codes.checksum(user_code),
        scope=" ".join(scope),
        resource=target.identifier if target is not None else "",
        address=context.client_address,
        agent=context.user_agent[:LONGEST_AGENT].replace("\x00", ""),
        expires_at=timezone.now() + LIFETIME,
    )
    try:
        with transaction.atomic():
            issuance.lock_client(request.client, request)
            row.save(force_insert=True)
            issuance.record(Event.Kind.AUTHORIZATION, ISSUED, request)
    except IntegrityError as error:
        # Of 20^8 user codes, this one is taken.
        raise errors.TemporarilyUnavailableError(description="Try again.") from error
    return Issued(device_code, user_code, row)


def find(user_code: str) -> DeviceCode | None:
    """Return the code that a person can decide about; None for an unknown, expired or decided one."""
    hashes = list(user_codes.checksums(user_code))
    found = DeviceCode.objects.select_related("client").filter(user_code__in=hashes).first()
    return found if found is not None and found.is_pending and found.client.is_usable(None) else None


def approve(code: DeviceCode, approval: Approval, request: HttpRequest) -> None:
    """Create the authorization whose token the device gets with its next request. Raises CodeEnded."""
    try:
        with transaction.atomic():
            if issuance.lock_usable(code.client) is None:
                raise CodeEnded
            _lock_pending(code)
            authorization = _authorize(code, approval)
            DeviceCode.objects.filter(pk=code.pk).update(authorization=authorization)
            _record(code, request, action="approved", authorization_id=authorization.pk)
    except IntegrityError as error:
        # The client or the person was deleted concurrently.
        raise CodeEnded from error
    authorization_limit.revoke_least_used(approval.user, code.client)


def deny(code: DeviceCode, request: HttpRequest) -> None:
    """Let the device know that the person declined. Raises CodeEnded."""
    with transaction.atomic():
        _lock_pending(code)
        DeviceCode.objects.filter(pk=code.pk).update(denied_at=timezone.now())
        refused = Event.Outcome.REFUSED
        _record(code, request, outcome=refused, reason="access_denied", detail="The person declined.")


def _authorize(code: DeviceCode, approval: Approval) -> Authorization:
    # Of the client as the person saw it, not as it may have been changed since.
    scope, fingerprint = " ".join(approval.scope), code.client.fingerprint
    approved = {"scope": scope, "client_fingerprint": fingerprint, "until": approval.ends_at}
    consent, _ = Consent.objects.update_or_create(user=approval.user, client=code.client, defaults=approved)
    return Authorization.objects.create(
        consent=consent,
        scope=scope,
        origin=Authorization.Origin.DEVICE,
        resource=code.resource,
        client_fingerprint=fingerprint,
        expires_at=approval.ends_at,
    )


def _record(code: DeviceCode, request: HttpRequest, **what: Any) -> None:
    what["endpoint"] = endpoint_at(code.resource, resource(request))
    events.record(Event.Kind.AUTHORIZATION, request=request, user=request.user, client=code.client, **what)


def _lock_pending(code: DeviceCode) -> None:
    """Lock the row, so that there is one decision. Raises CodeEnded."""
    locked = DeviceCode.objects.select_for_update(of=("self",)).filter(pk=code.pk).first()
    if locked is None or not locked.is_pending:
        raise CodeEnded
