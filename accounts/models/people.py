"""People who sign in."""

import secrets
from typing import Any, ClassVar

from django.contrib.auth import models as auth_models
from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.utils.crypto import salted_hmac


def new_session_epoch() -> str:
    return secrets.token_hex(16)


class UserQuerySet(models.QuerySet["User"]):
    def update(self, **kwargs: Any) -> int:
        """Django's, but suspending people also ends their browser sessions and reset links. See `User`."""
        if kwargs.get("is_active", True) is not True:
            kwargs.setdefault("session_epoch", new_session_epoch())
        return super().update(**kwargs)


class UserManager(auth_models.UserManager["User"]):
    use_in_migrations = False

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)


class User(AbstractUser):
    """A person who signs in. Suspending one, or changing their password on purpose, ends their authorizations.

    Suspending one also ends their browser sessions and reset links for good: the hashes of both contain
    `session_epoch`, which each save of a suspended person replaces. It is empty for people who never were suspended.
    While a save goes on, `access_ends_because` says why it does, or is empty (accounts/people/signals.py acts on it).
    """

    access_ends_because = ""
    _password_replaced = False

    session_epoch = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[UserManager] = UserManager()

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self._password_replaced = True

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password_replaced = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django clears `_password` when it merely upgrades a hash at sign-in: that is no change of mind.
        upgraded_hash = self.has_usable_password() and getattr(self, "_password", None) is None
        suspended = "" if self.is_active else "person_suspended"
        replaced = self._password_replaced and not upgraded_hash
        self.access_ends_because = "password_changed" if replaced else suspended
        if not self.is_active:
            self.session_epoch = new_session_epoch()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "session_epoch"}
        with transaction.atomic():
            super().save(*args, **kwargs)
        self._password_replaced, self.access_ends_because = False, ""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's hash of the password, with the epoch where there is one."""
        found = str(super()._get_session_auth_hash(secret))  # type: ignore[misc]
        if not self.session_epoch:
            return found
        salt = "accounts.models.User.session_epoch"
        return salted_hmac(salt, f"{found}{self.session_epoch}", secret=secret, algorithm="sha256").hexdigest()
