"""The cache in the database: adding a key tells a new key, an existing key and a failed write apart."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection

pytestmark = pytest.mark.django_db


@contextmanager
def nothing_can_be_written() -> Iterator[None]:
    """On PostgreSQL until the test's transaction ends."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY")
        try:
            yield
        finally:
            if sqlite:
                cursor.execute("PRAGMA query_only = OFF")


def test_second_writer_learns_that_it_is_second() -> None:
    assert cache.add("lock", 1)
    assert not cache.add("lock", 2)
    cache.delete("lock")
    assert cache.add("lock", 3)


def test_failed_write_is_not_taken_for_an_earlier_write() -> None:
    cache.add("theirs", 1)
    with nothing_can_be_written():
        with pytest.raises(OperationalError, match="cannot be written to"):
            cache.add("mine", 1)
        assert not cache.add("theirs", 2)
