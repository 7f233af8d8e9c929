"""Sessions in the database, looked up only by what can be the key of one."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie can hold any octet, NUL too, which PostgreSQL refuses to look for.
        return bool(key) and super()._validate_session_key(key) and key.isascii() and key.isalnum()
