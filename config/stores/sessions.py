"""Sessions in the database: asked only for what can be the key of one, and not taken for ended where it is away."""

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

# Until somebody has signed in: for a challenge of a passkey, the way to single sign-on and back.
ANONYMOUS = timedelta(hours=1)
TIDY_SECONDS = 60
MOST_TIDIED = 10_000

_tidied = time.monotonic()


class SessionStore(db.SessionStore):
    def get_expiry_age(self, **kwargs: Any) -> int:
        """In seconds: short until somebody has signed in, as anybody can begin a session."""
        age = super().get_expiry_age(**kwargs)
        return age if SESSION_KEY in self else min(age, int(ANONYMOUS.total_seconds()))

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        date = super().get_expiry_date(**kwargs)
        return date if SESSION_KEY in self else min(date, timezone.now() + ANONYMOUS)

    def save(self, must_create: bool = False) -> None:
        """Django takes each failure for a session that was deleted meanwhile, which is answered 400: raises
        OperationalError instead where it is the database that is away.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, UNAVAILABLE):
                raise error.__context__ from None
            raise

    def _validate_session_key(self, key: str | None) -> bool:
        """Whether to ask the database: a cookie can hold any octet, NUL too, which PostgreSQL refuses to look for."""
        possible = key is not None and key.isascii() and key.isalnum()
        return possible and super()._validate_session_key(key)  # type: ignore[misc] # not in the stubs


def forget_ended() -> None:
    """Delete sessions that have ended, once a minute in each process."""
    global _tidied  # noqa: PLW0603 - one moment for the process
    if time.monotonic() - _tidied >= TIDY_SECONDS and not connection.in_atomic_block:
        _tidied = time.monotonic()
        ended = Session.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:MOST_TIDIED]
        Session.objects.filter(pk__in=list(ended)).delete()
