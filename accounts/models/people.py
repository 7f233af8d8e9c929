"""People who sign in: this project's model of them, and which people of any model are service people.

A project that has a model of its own, as its AUTH_USER_MODEL, uses that instead of `User`.
"""

import secrets
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth import models as auth_models
from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


def new_session_epoch() -> str:
    return secrets.token_hex(16)


class UserQuerySet(models.QuerySet["User"]):
    def update(self, **kwargs: Any) -> int:
        """Update rows. Suspending people also ends their browser sessions and reset links. See `User`."""
        if kwargs.get("is_active", True) is not True:
            kwargs.setdefault("session_epoch", new_session_epoch())
        return super().update(**kwargs)


class UserManager(auth_models.UserManager["User"]):
    use_in_migrations = False

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)


class User(AbstractUser):
    """A person who signs in. Suspending people, or changing their password, revokes their authorizations.

    Suspending people also ends their browser sessions and reset links permanently: the hashes of both contain
    `session_epoch`, which each save of a suspended person replaces. It is empty for people who were never suspended.
    During a save, `revocation_reason` is the reason for a revocation, or empty (accounts/people/signals.py uses it).

    A service person is a machine: it has no password, and no browser session of it is accepted.
    """

    revocation_reason = ""
    _password_replaced = False

    is_service = models.BooleanField(
        _("service person"),
        default=False,
        db_default=False,
        help_text=_("A machine: cannot sign in, and acts only by the credentials of a client or a trusted issuer."),
    )
    session_epoch = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_service=False) | models.Q(is_staff=False, is_superuser=False),
                name="no_service_person_is_staff",
                violation_error_message=_("A service person cannot be staff or a superuser: it never signs in."),
            )
        ]

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether the password is right: False for a service person, after the same work."""
        return bool(super().check_password(raw_password)) and not self.is_service

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(None if self.is_service else raw_password)
        self._password_replaced = True

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password_replaced = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_service and self.has_usable_password():
            self.set_unusable_password()
        # Django clears `_password` when it only upgrades a hash at sign-in: the password is unchanged.
        upgraded_hash = self.has_usable_password() and getattr(self, "_password", None) is None
        suspended = "" if self.is_active else "person_suspended"
        replaced = self._password_replaced and not upgraded_hash
        self.revocation_reason = "password_changed" if replaced else suspended
        if not self.is_active:
            self.session_epoch = new_session_epoch()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "session_epoch"}
        with transaction.atomic():
            super().save(*args, **kwargs)
        self._password_replaced, self.revocation_reason = False, ""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return Django's hash of the password, combined with the epoch if there is one.

        That of a service person is never the same, so that no session of it is accepted.
        """
        if self.is_service:
            return new_session_epoch()
        found = str(super()._get_session_auth_hash(secret))  # type: ignore[misc]
        if not self.session_epoch:
            return found
        salt = "accounts.models.User.session_epoch"
        return salted_hmac(salt, f"{found}{self.session_epoch}", secret=secret, algorithm="sha256").hexdigest()


class ServicePerson(models.Model):
    """A person of another model than `User` who is a machine. `User` has a column for that instead."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="oauth_service_person"
    )

    class Meta:
        verbose_name_plural = _("service people")

    def __str__(self) -> str:
        return str(self.user)


class PersonLanguage(models.Model):
    """The language that a person of any model chose for pages and mails."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="oauth_language"
    )
    # As in the setting LANGUAGES.
    language = models.CharField(max_length=35)

    def __str__(self) -> str:
        return f"{self.user}: {self.language}"


def has_own_model() -> bool:
    """Return whether `User` is the model of this project's people."""
    return str(settings.AUTH_USER_MODEL).lower() == User._meta.label_lower


@cache
def hides_people() -> bool:
    """Return whether the default manager of the people's model hides some, such as those that a site has deleted.

    Django's sign-in and sessions do not find them.
    """
    return bool(get_user_model()._default_manager.all().query.where)


def is_shown(person: Any) -> bool:
    """Return whether the default manager shows `person`. One query, where it hides people."""
    return not hides_people() or get_user_model()._default_manager.filter(pk=person.pk).exists()


def shown_condition(path: str) -> models.Q:
    """Return the condition of people that the default manager shows. `path` is that to the person."""
    if not hides_people():
        return models.Q()
    return models.Q(**{f"{path}__in": get_user_model()._default_manager.order_by().values("pk")})


def is_service(person: Any) -> bool:
    """Return whether `person`, of any model, is a service person."""
    if has_own_model():
        return bool(person.is_service)
    # One query, unless the row was joined.
    return hasattr(person, "oauth_service_person")


def service_condition(prefix: str = "") -> models.Q:
    """Return the condition of service people. `prefix` is the path to the person, and ends in `__`."""
    if has_own_model():
        return models.Q(**{f"{prefix}is_service": True})
    return models.Q(**{f"{prefix}oauth_service_person__isnull": False})


def person_condition(prefix: str = "") -> models.Q:
    """Return the condition of people who are no service people, as `service_condition` does."""
    return ~service_condition(prefix)
