"""Signal handlers for people: sign-ins, failed sign-ins, and changes that revoke their authorizations."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.audit import events
from accounts.models import Authorization, Event, has_own_model
from accounts.models import User as OwnUser
from accounts.revocation.authorizations import revoke
from accounts.user_model import User
from accounts.user_model.fields import USERNAME
from accounts.user_model.sign_in import has_allauth, record_sign_in


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: object) -> None:
    record_sign_in(request)
    events.record(Event.Kind.SIGN_IN, request=request, user=user)


@receiver(user_login_failed)
def sign_in_refused(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: object
) -> None:
    # With the name of an existing account alone, because people type their password into the wrong field.
    person = _named(credentials)
    refused = Event.Outcome.REFUSED
    events.record(Event.Kind.SIGN_IN, outcome=refused, request=request, user=person, reason="wrong_credentials")


def second_factor_refused(sender: Any, request: HttpRequest, user: User, **kwargs: object) -> None:
    # With the person, because the password was right.
    refused = Event.Outcome.REFUSED
    events.record(Event.Kind.SIGN_IN, outcome=refused, request=request, user=user, reason="wrong_second_factor")


def _named(credentials: dict[str, Any]) -> User | None:
    if has_own_model():
        # Imported here, because other sites may not have allauth.
        from allauth.account.internal.userkit import get_user_by_username

        found: User | None = get_user_by_username(str(credentials.get("username", "")))
        return found
    name = str(credentials.get(USERNAME) or credentials.get("username") or "")
    if not name or "\x00" in name:
        return None
    return User._default_manager.filter(**{USERNAME: name}).first()


@receiver(post_save, sender=OwnUser)
def saved(sender: Any, instance: OwnUser, created: bool, **kwargs: object) -> None:
    # Runs in the transaction of the save. For other models, see accounts/revocation/person_changes.py.
    if instance.revocation_reason and not created:
        revoke(Authorization.objects.filter(consent__user=instance), reason=instance.revocation_reason)


if has_allauth("mfa"):
    from allauth.mfa.signals import authentication_failed

    authentication_failed.connect(second_factor_refused)
