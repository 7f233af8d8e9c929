"""The database connections that a process's threads share, where they do (DATABASE_POOL)."""

from accounts.connection_pool import give_back

__all__ = ["give_back"]
