"""Revocation for suspended people, however they were suspended.

QuerySet.update sends no signal, so after `update(is_active=False)` the authorizations are only refused. Without a
revocation, their tokens would work again after a later `update(is_active=True)`.
"""

from typing import Any

from accounts.models import Authorization, AuthorizationQuerySet
from accounts.revocation.authorizations import revoke

REASON = "person_suspended"


def authorizations_of_inactive_people() -> AuthorizationQuerySet:
    """Return the authorizations of suspended people that are not revoked."""
    return Authorization.objects.filter(consent__user__is_active=False, revoked_at=None)


def revoke_for_inactive_people() -> int:
    """Revoke the authorizations of all suspended people, and return their number."""
    return revoke(authorizations_of_inactive_people(), reason=REASON)


def revoke_if_inactive(person: Any) -> None:
    """Revoke the authorizations of `person`, unless that is active again."""
    revoke(authorizations_of_inactive_people().filter(consent__user=person.pk), reason=REASON)
