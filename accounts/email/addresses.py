"""Verification of email addresses: `User.email` is always verified, because tools and password resets rely on it.

An address is verified when its owner follows a link that was sent to it (allauth's EmailAddress), when the single
sign-on provider says so, or when the operator writes it: in admin, by a command, or in code. An address that a person
enters is a claim until it is verified. No two people have the same verified address.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils.translation import gettext_lazy as _

from accounts.email.spelling import stored
from accounts.models import User

TAKEN = _("Another person has this verified address.")


def connect() -> None:
    """Connect the handlers below. Only for `User`: the addresses of another model are as its project keeps them."""
    pre_save.connect(restore_verified_email, sender=User)
    post_save.connect(save_email_row, sender=User)
    pre_save.connect(normalize_email_row, sender=EmailAddress)
    post_save.connect(copy_primary_email, sender=EmailAddress)
    post_delete.connect(replace_deleted_email, sender=EmailAddress)


def check_is_free(email: str, *, for_user: int | None) -> None:
    """Raise ValidationError if another person has `email` as a verified address."""
    if EmailAddress.objects.filter(email=stored(email), verified=True).exclude(user=for_user).exists():
        raise ValidationError({"email": TAKEN})


def prepare_change(person: User, *, previous: str) -> None:
    """Delete the row of `previous`, which the operator replaced with `person.email`, and verify the new one."""
    rows = EmailAddress.objects.filter(user=person)
    rows.filter(email=stored(previous)).delete()
    rows.filter(email=stored(person.email)).update(verified=True)


def people_with(email: str) -> list[User]:
    """Return the people whose `User.email` is `email`, in any case: it may have been written in bulk.

    The database only preselects, because LOWER() depends on its locale. The canonical form decides.
    """
    wanted = stored(email)
    candidates = User.objects.alias(lower=Lower("email")).filter(lower=wanted)
    return [person for person in candidates if stored(person.email) == wanted]


def create_rows(email: str) -> None:
    """Create the missing EmailAddress rows of people whose `email` was loaded or written in bulk."""
    for person in people_with(email):
        create_row(person)


def create_row(person: User) -> None:
    """Create the EmailAddress row of `person.email` if it is missing."""
    EmailAddress.objects.get_or_create(user=person, email=stored(person.email))


def restore_verified_email(
    sender: Any, instance: User, raw: bool, update_fields: frozenset[str] | None, **kwargs: object
) -> None:
    """Restore the verified address in place of a claimed one. Raises ValidationError for another person's address."""
    instance.email = stored(instance.email or "")
    if raw or not _is_written(instance, update_fields):
        return
    claimed = _rows(instance, instance.email).filter(verified=False) if instance.pk else EmailAddress.objects.none()
    if claimed.exists():
        instance.email = _verified(instance.pk)
    elif instance.email:
        check_is_free(instance.email, for_user=instance.pk)


def save_email_row(
    sender: Any, instance: User, raw: bool, update_fields: frozenset[str] | None, **kwargs: object
) -> None:
    """Make the row of `User.email` verified and primary."""
    if raw or not _is_written(instance, update_fields):
        return
    if not _rows(instance, instance.email).filter(verified=True, primary=True).exists():
        EmailAddress.objects.filter(user=instance, primary=True).update(primary=False)
        defaults = {"verified": True, "primary": True}
        EmailAddress.objects.update_or_create(user=instance, email=instance.email, defaults=defaults)


def normalize_email_row(sender: Any, instance: EmailAddress, raw: bool, **kwargs: object) -> None:
    """Store new rows in canonical form, and prevent unverified ones from being primary."""
    if raw:
        return
    instance.email = stored(instance.email) if instance.pk is None else instance.email
    if instance.verified:
        return
    instance.primary = False
    if instance.pk is None and _is_of(instance):
        # `User.email` was loaded or written in bulk, without its row.
        instance.verified = instance.can_set_verified()
        others = EmailAddress.objects.filter(user=instance.user_id, primary=True)
        instance.primary = instance.verified and not others.exists()


def copy_primary_email(sender: Any, instance: EmailAddress, raw: bool, **kwargs: object) -> None:
    """Copy a verified primary address to `User.email`."""
    if raw:
        return
    if instance.primary and instance.verified:
        User.objects.filter(pk=instance.user_id).exclude(email=instance.email).update(email=instance.email)
    elif not instance.verified:
        _replace_email(instance)


def replace_deleted_email(sender: Any, instance: EmailAddress, **kwargs: object) -> None:
    """Replace `User.email` when its row is deleted."""
    _replace_email(instance)


def _replace_email(lost: EmailAddress) -> None:
    """Set `User.email` to another verified address, or to none, if it was `lost`."""
    if _is_of(lost):
        other = _verified(lost.user_id)
        User.objects.filter(pk=lost.user_id).update(email=other)
        EmailAddress.objects.filter(user=lost.user_id, email=other, verified=True).update(primary=True)


def _is_of(address: EmailAddress) -> bool:
    """Return whether `address` is the stored `User.email` of its person."""
    email = User.objects.filter(pk=address.user_id).values_list("email", flat=True).first()
    return bool(email) and stored(str(email)) == stored(address.email)


def _is_written(user: User, update_fields: frozenset[str] | None) -> bool:
    return bool(user.email) and (update_fields is None or "email" in update_fields)


def _rows(user: User, email: str) -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(user=user, email=email)


def _verified(user_id: int) -> str:
    """Return the person's verified address, preferably the primary one; empty if there is none."""
    rows = EmailAddress.objects.filter(user=user_id, verified=True).order_by("-primary", "pk")
    return rows.values_list("email", flat=True).first() or ""
