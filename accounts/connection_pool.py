"""The database connections that a process's threads share, where they do (DATABASE_POOL)."""

from django.conf import settings
from django.db import close_old_connections


def give_back() -> None:
    """Give this thread's connection back before it waits: else all of them could wait here for one who needs one."""
    if settings.DATABASE_POOL:
        close_old_connections()
