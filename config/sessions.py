"""Sessions in the database: asked only for what can be the key of one, and not taken for ended where it is away."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from accounts.endpoints import UNAVAILABLE


class SessionStore(db.SessionStore):
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
