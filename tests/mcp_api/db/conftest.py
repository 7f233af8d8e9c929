"""A person, and an empty cache."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from accounts.models import User
from tests.support.factories import make_user


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def empty_cache() -> Iterator[None]:
    """Empty the cache before and after the test."""
    cache.clear()
    yield
    cache.clear()
