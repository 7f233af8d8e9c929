"""Revocation at the changes of a person whose model is not `oauth_mcp.User`, which says by itself what changed.

Saving a suspended person, or another password, revokes the authorizations of that person. QuerySet.update sends no
signal: after it, tokens of suspended people are refused while they are suspended, and `manage.py prune` revokes them.
"""

from typing import Any

from django.contrib.auth.hashers import get_hasher, identify_hasher, is_password_usable
from django.db.models.signals import post_save, pre_save

from accounts.models import Authorization
from accounts.revocation.authorizations import revoke
from accounts.user_model import User

SUSPENDED, REPLACED = "person_suspended", "password_changed"
# The attribute of a person that is being saved, with the reason for a revocation.
REASON = "_oauth_revocation_reason"


def connect() -> None:
    """Connect the handlers to the model of people."""
    pre_save.connect(before_save, sender=User, dispatch_uid="accounts.person_changes.before")
    post_save.connect(after_save, sender=User, dispatch_uid="accounts.person_changes.after")


def before_save(instance: Any, raw: bool, using: str, update_fields: frozenset[str] | None, **kwargs: object) -> None:
    """Note the reason why this save revokes authorizations, by one query where it writes the password of a person."""
    reason = "" if instance.is_active else SUSPENDED
    writes_password = update_fields is None or "password" in update_fields
    if writes_password and not raw and instance.pk is not None and is_password_replaced(instance, using):
        reason = REPLACED
    setattr(instance, REASON, reason)


def after_save(instance: Any, created: bool, raw: bool, **kwargs: object) -> None:
    reason = instance.__dict__.pop(REASON, "")
    if reason and not created and not raw:
        revoke(Authorization.objects.filter(consent__user=instance), reason=reason)


def is_password_replaced(person: Any, database: str) -> bool:
    """Return whether the password of `person` differs from the stored one, and is not only hashed anew."""
    stored = User._base_manager.using(database).filter(pk=person.pk).values_list("password", flat=True).first()
    return stored is not None and stored != person.password and not _is_upgrade(stored, person)


def _is_upgrade(stored: str, person: Any) -> bool:
    """Return whether the present hash replaces an outdated one of the same password, as Django does at a sign-in.

    Django then sets no new password: `_password` is empty.
    """
    set_anew = getattr(person, "_password", None) is not None
    if set_anew or not (is_password_usable(stored) and is_password_usable(person.password)):
        return False
    return _is_outdated(stored) and not _is_outdated(person.password)


def _is_outdated(encoded: str) -> bool:
    try:
        hasher = identify_hasher(encoded)
    except ValueError:
        return True
    preferred = get_hasher()
    return hasher.algorithm != preferred.algorithm or bool(preferred.must_update(encoded))
