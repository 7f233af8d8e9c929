"""Fixtures of the tests of fetching: a short deadline, a limit of waiting requests, and documents."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.fetching import exchange, pending_fetches
from tests.support.documents import DocumentServer, serving_documents
from tests.support.fetching import DEADLINE, eventually


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", DEADLINE)


@pytest.fixture
def waiters(settings: Any) -> Iterator[Callable[[int], None]]:
    """Set how many requests may wait at a time."""

    def set_to(number: int) -> None:
        settings.FETCH_WAITERS = number
        pending_fetches.waiting.cache_clear()

    set_to(100)
    yield set_to
    pending_fetches.waiting.cache_clear()


@pytest.fixture
def documents(waiters: Any) -> Iterator[DocumentServer]:
    with serving_documents() as server:
        yield server
    assert eventually(lambda: pending_fetches.slots._count == 0), "Each fetch gives its slot back."
