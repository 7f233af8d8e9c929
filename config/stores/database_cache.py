"""Django's cache in the database, which does not keep a failure to itself."""

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError

from accounts.models import CacheEntry

TRIES = 10


class OutspokenDatabaseCache(DatabaseCache):
    """Django's answers False where it could not write. To whoever adds, that says that somebody else was first, such as
    with the lock of a limit: a person would be told 429 for a disk that is full.
    """

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Raises OperationalError where neither this nor anybody else's is there afterwards."""
        row = self.make_and_validate_key(key, version=version)
        for _ in range(TRIES):
            if super().add(key, value, timeout, version):
                return True
            if CacheEntry.objects.filter(pk=row).exists():
                return False
            # Or else somebody else's was there for a moment: once more.
        raise OperationalError("The cache in the database cannot be written to.")
