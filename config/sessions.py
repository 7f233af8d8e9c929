"""Sessions in the database, looked up only by what can be the key of one."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """Whether to ask the database: a cookie can hold any octet, NUL too, which PostgreSQL refuses to look for."""
        possible = key is not None and key.isascii() and key.isalnum()
        return possible and super()._validate_session_key(key)  # type: ignore[misc] # not in the stubs
