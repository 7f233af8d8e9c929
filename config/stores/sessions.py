"""Sessions in the database. Invalid keys are not looked up, and an unavailable database is an error."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts.db.errors import UNAVAILABLE

# Lifetime of a session without a signed-in person, such as during a passkey challenge or single sign-on.
ANONYMOUS = timedelta(hours=1)
CLEANUP_SECONDS = 60
MOST_DELETED = 10_000

_last_cleanup = time.monotonic()


class SessionStore(db.SessionStore):
    def get_expiry_age(self, **kwargs: Any) -> int:
        """Return the lifetime in seconds: short until a person signs in, as anyone can create a session."""
        age = super().get_expiry_age(**kwargs)
        return age if SESSION_KEY in self else min(age, int(ANONYMOUS.total_seconds()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        date = super().get_expiry_date(**kwargs)
        return date if SESSION_KEY in self else min(date, timezone.now() + ANONYMOUS)

    def save(self, must_create: bool = False) -> None:
        """Save the session. Raises OperationalError if the database is unavailable.

        Django would treat that as a session that was deleted meanwhile, and respond with 400.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, UNAVAILABLE):
                raise error.__context__ from None
            raise

    def _validate_session_key(self, key: str | None) -> bool:
        """Return whether the key is well-formed. A cookie may contain NUL, which PostgreSQL refuses in a query."""
        possible = key is not None and key.isascii() and key.isalnum()
        return possible and super()._validate_session_key(key)  # type: ignore[misc] # not in the stubs


def delete_expired() -> None:
    """Delete expired sessions, once a minute in each process."""
    global _last_cleanup  # noqa: PLW0603 - one moment for the process
    if time.monotonic() - _last_cleanup >= CLEANUP_SECONDS and not connection.in_atomic_block:
        _last_cleanup = time.monotonic()
        ended = Session.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:MOST_DELETED]
        Session.objects.filter(pk__in=list(ended)).delete()
