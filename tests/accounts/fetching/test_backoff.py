"""The backoff after failed fetches."""

import time

import pytest
from django.core.cache import cache

from accounts import fetching
from accounts.fetching import backoff
from tests.support.documents import DocumentServer
from tests.support.fetching import URL


@pytest.mark.django_db
def test_an_address_that_keeps_failing_is_fetched_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    now = time.time()
    monkeypatch.setattr(backoff.time, "time", lambda: now)
    waits = []
    for _ in range(7):
        backoff.note_failure("document", URL, fetching.FetchError("It failed."))
        # Another request waited for the same fetch.
        backoff.note_failure("document", URL, fetching.FetchError("It failed."))
        with pytest.raises(fetching.BackingOff, match="It failed"):
            backoff.check("document", URL)
        waits.append(round(cache.get(backoff._key("document", URL))["until"] - now))
        now += waits[-1] + 1
    assert waits == [60, 120, 240, 480, 900, 900, 900]
    backoff.check("document", URL)
    backoff.note_success("document", URL)
    backoff.note_failure("document", URL, fetching.FetchError("It failed."))
    assert cache.get(backoff._key("document", URL))["failures"] == 1


@pytest.mark.django_db
def test_failures_as_a_document_leave_the_same_address_alone_as_keys() -> None:
    cache.clear()
    backoff.note_failure("document", URL, fetching.FetchError("It is a key set."))
    backoff.check("keys", URL)


@pytest.mark.django_db
def test_a_temporary_failure_is_reported_as_one_during_the_backoff(documents: DocumentServer) -> None:
    cache.clear()
    for _ in range(2):
        with pytest.raises(fetching.Unavailable) as caught:
            fetching.fetch("https://a.hanging.example/silent", purpose="document", requester="a test")
    assert 0 < caught.value.retry_after <= backoff.FIRST_SECONDS
    assert len(documents.asked) == 1
