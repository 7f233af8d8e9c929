"""Revocation of what suspended people authorized, where no signal told of the suspension: QuerySet.update sends none.

So their tokens do not come back when they are reactivated.
"""

from typing import Any

from accounts.models import Authorization, AuthorizationQuerySet
from accounts.revocation.authorizations import revoke

REASON = "person_suspended"


def unrevoked() -> AuthorizationQuerySet:
    """Return the authorizations of all suspended people that are not revoked."""
    return Authorization.objects.filter(consent__user__is_active=False, revoked_at=None)


def revoke_all() -> int:
    """Revoke the authorizations of all suspended people, and return their number."""
    return revoke(unrevoked(), reason=REASON)


def revoke_of(person: Any) -> None:
    """Revoke the authorizations of `person`, unless that is active again."""
    revoke(unrevoked().filter(consent__user=person.pk), reason=REASON)
