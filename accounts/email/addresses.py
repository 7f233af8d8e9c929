"""`User.email` is always verified, whichever way it is written: tools trust it, and links for new passwords go there.

It counts as verified by its owner, who followed a link that was sent to it (allauth's EmailAddress); by the single
sign-on provider, which says so; or by the operator, who wrote it: in admin, by a command, or in code. What people
enter for themselves is a claim, and stays one until they prove it. No two people have the same verified address.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from accounts.email.spelling import stored
from accounts.models import User

TAKEN = "Somebody else has this address, and it is verified."


def check_is_free(email: str, *, for_user: int | None) -> None:
    """Raise ValidationError where another person has `email`, verified."""
    if EmailAddress.objects.filter(email=stored(email), verified=True).exclude(user=for_user).exists():
        raise ValidationError({"email": TAKEN})


def replace(person: User, *, was: str) -> None:
    """Prepare the unsaved `person.email`, which the operator wrote in place of `was`: that one counts no more."""
    rows = EmailAddress.objects.filter(user=person)
    rows.filter(email=stored(was)).delete()
    rows.filter(email=stored(person.email)).update(verified=True)


def people_with(email: str) -> list[User]:
    """Return the people whose `User.email` is `email`, which may have been written in bulk, in capital letters.

    The database only preselects; the spelling decides, as LOWER() depends on the database's locale.
    """
    wanted = stored(email)
    candidates = User.objects.alias(lower=Lower("email")).filter(lower=wanted)
    return [person for person in candidates if stored(person.email) == wanted]


def adopt(email: str) -> None:
    """Make the rows of people whose `email` was loaded from another project, or written in bulk."""
    for person in people_with(email):
        adopt_of(person)


def adopt_of(person: User) -> None:
    """Make the row of the address that is stored with `person`, where it is missing."""
    EmailAddress.objects.get_or_create(user=person, email=stored(person.email))


@receiver(pre_save, sender=User)
def keep_claims_out(
    sender: Any, instance: User, raw: bool, update_fields: frozenset[str] | None, **kwargs: object
) -> None:
    """Put the verified address back in place of a claimed one. Raises ValidationError for somebody else's."""
    instance.email = stored(instance.email or "")
    if raw or not _is_written(instance, update_fields):
        return
    claimed = _rows(instance, instance.email).filter(verified=False) if instance.pk else EmailAddress.objects.none()
    if claimed.exists():
        instance.email = _verified(instance.pk)
    elif instance.email:
        check_is_free(instance.email, for_user=instance.pk)


@receiver(post_save, sender=User)
def verify_what_was_written(
    sender: Any, instance: User, raw: bool, update_fields: frozenset[str] | None, **kwargs: object
) -> None:
    """Keep the row of `User.email`: verified, and the primary one."""
    if raw or not _is_written(instance, update_fields):
        return
    if not _rows(instance, instance.email).filter(verified=True, primary=True).exists():
        EmailAddress.objects.filter(user=instance, primary=True).update(primary=False)
        defaults = {"verified": True, "primary": True}
        EmailAddress.objects.update_or_create(user=instance, email=instance.email, defaults=defaults)


@receiver(pre_save, sender=EmailAddress)
def claims_are_never_primary(sender: Any, instance: EmailAddress, raw: bool, **kwargs: object) -> None:
    """Keep new rows in the one spelling, and those that nobody proved from being primary."""
    if raw:
        return
    instance.email = stored(instance.email) if instance.pk is None else instance.email
    if instance.verified:
        return
    instance.primary = False
    if instance.pk is None and _is_of(instance):
        # `User.email` was loaded, or written in bulk, without its row.
        instance.verified = instance.can_set_verified()
        others = EmailAddress.objects.filter(user=instance.user_id, primary=True)
        instance.primary = instance.verified and not others.exists()


@receiver(post_save, sender=EmailAddress)
def follow_the_primary_address(sender: Any, instance: EmailAddress, raw: bool, **kwargs: object) -> None:
    if raw:
        return
    if instance.primary and instance.verified:
        User.objects.filter(pk=instance.user_id).exclude(email=instance.email).update(email=instance.email)
    elif not instance.verified:
        _replace_lost(instance)


@receiver(post_delete, sender=EmailAddress)
def forget_a_deleted_address(sender: Any, instance: EmailAddress, **kwargs: object) -> None:
    _replace_lost(instance)


def _replace_lost(lost: EmailAddress) -> None:
    """Write another verified address, or none, in place of one that is verified no more."""
    if _is_of(lost):
        other = _verified(lost.user_id)
        User.objects.filter(pk=lost.user_id).update(email=other)
        EmailAddress.objects.filter(user=lost.user_id, email=other, verified=True).update(primary=True)


def _is_of(address: EmailAddress) -> bool:
    """Whether `address` is the `User.email` that is stored with its person."""
    email = User.objects.filter(pk=address.user_id).values_list("email", flat=True).first()
    return bool(email) and stored(str(email)) == stored(address.email)


def _is_written(user: User, update_fields: frozenset[str] | None) -> bool:
    return bool(user.email) and (update_fields is None or "email" in update_fields)


def _rows(user: User, email: str) -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(user=user, email=email)


def _verified(user_id: int) -> str:
    """The person's verified address, the primary one first; empty where there is none."""
    rows = EmailAddress.objects.filter(user=user_id, verified=True).order_by("-primary", "pk")
    return rows.values_list("email", flat=True).first() or ""
