"""Django's database cache, which raises an error if it cannot write."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError

from accounts.models import CacheEntry

TRIES = 10


class StrictDatabaseCache(DatabaseCache):
    """Django's `add` returns False also when it cannot write, which means that the key exists.

    With the lock of a limit, a full disk would cause a 429.
    """

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Return whether the key was added. Raises OperationalError if it does not exist afterwards."""
        row = self.make_and_validate_key(key, version=version)
        for _ in range(TRIES):
            if super().add(key, value, timeout, version):
                return True
            if CacheEntry.objects.filter(pk=row).exists():
                return False
            # Another process's value may have existed for a moment: try again.
        raise OperationalError("The cache in the database cannot be written to.")
