"""The authorization of exchanged tokens: one for each authorization that they are exchanged from, and each target.

It lives as long as the newest of its tokens. Its revocation follows that of the authorization that it was exchanged
from (accounts/revocation/authorizations.py), so the lock on the latter decides a race between the two.
"""

from datetime import datetime

from accounts.models import AllowedExchange, Authorization, ProtectedResource
from accounts.protected_resources.exchanges import ceiling


def lock_allowed(allowed: AllowedExchange) -> AllowedExchange | None:
    """Return `allowed` as it is now, locked until the end of the transaction; None where it or a resource ended.

    Its end waits for the lock, so that it finds the authorization that the transaction writes.
    """
    locked = AllowedExchange.objects.select_for_update(no_key=True).filter(pk=allowed.pk).first()
    if locked is None:
        return None
    # By another query: one with the lock could read rows as they were before it waited.
    active = ProtectedResource.objects.filter(pk__in=(locked.source_id, locked.target_id), is_active=True)
    return locked if active.count() == 2 else None


def lock_parent(authorization_id: int) -> Authorization | None:
    """Return the authorization that a token is exchanged from, locked; None where it has ended."""
    usable = Authorization.objects.usable().select_for_update(of=("self",), no_key=True)
    return usable.filter(pk=authorization_id).first()


def authorize(parent: Authorization, allowed: AllowedExchange, ends_at: datetime) -> Authorization:
    """Return the authorization for the target of `allowed`, which ends at `ends_at` at the earliest.

    `parent` is locked, so that two exchanges create one row.
    """
    granted, most = parent.scope.split(), ceiling(allowed)
    scope = " ".join(name for name in most if name in granted)
    of_target = parent.exchanged.filter(resource=allowed.target.identifier, revoked_at=None).order_by("pk")
    # Locked, so that an expired one is not pruned before it is renewed.
    found: Authorization | None = of_target.select_for_update(of=("self",), no_key=True).first()
    if found is None:
        return _create(parent, allowed, scope, ends_at)
    if found.expires_at is None or found.expires_at < ends_at or found.scope != scope:
        found.scope, found.expires_at = scope, max(ends_at, found.expires_at or ends_at)
        found.save(update_fields=["scope", "expires_at"])
    return found


def _create(parent: Authorization, allowed: AllowedExchange, scope: str, ends_at: datetime) -> Authorization:
    return Authorization.objects.create(
        consent_id=parent.consent_id,
        scope=scope,
        origin=Authorization.Origin.TOKEN_EXCHANGE,
        resource=allowed.target.identifier,
        exchanged_from=parent,
        actors=f"{allowed.source.identifier} {parent.actors}".rstrip(),
        expires_at=ends_at,
    )
