"""Outgoing fetches: each has a deadline, a slot and a backoff, and what comes back may be anything."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from accounts import fetching
from accounts.fetching import backoff, exchange, pending_fetches
from accounts.fetching.concurrency import ConcurrencyLimit
from tests.support.documents import DocumentServer, found_at, look_up_by, serving_documents
from tests.support.oauth.bad_documents import BODIES

# Quick, and long enough for a machine that is busy.
DEADLINE = 0.8
# By then everything that a deadline ends has ended.
GENEROUS = DEADLINE + 10
URL = "https://app.example/client.json"


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "DEADLINE_SECONDS", DEADLINE)


@pytest.fixture
def waiters(settings: Any) -> Iterator[Callable[[int], None]]:
    """Let so many requests wait at a time."""

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


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + GENEROUS
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def fetch(url: str, requester: str = "a test") -> Any:
    """The document, or the class of the error."""
    try:
        return pending_fetches.fetch(url, requester=requester).document
    except fetching.FetchError as error:
        return type(error)


def fetch_all(urls: list[str], requester: Callable[[int], str] = str) -> list[Any]:
    with ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(fetch, urls, map(requester, range(len(urls)))))


# --- The deadline --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["silent", "drip/headers", "drip/body"])
def test_a_server_that_hangs_or_drips_is_left_at_the_deadline(documents: DocumentServer, path: str) -> None:
    began = time.monotonic()
    assert fetch(f"https://a.hanging.example/{path}") is fetching.Unavailable
    assert time.monotonic() - began < GENEROUS


def test_a_server_that_accepts_and_never_shakes_hands_is_left_at_the_deadline(documents: DocumentServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with found_at(silent.getsockname()[1], str(documents.certificate)):
            assert fetch(URL) is fetching.Unavailable
        assert eventually(lambda: pending_fetches.slots._count == 0)


def test_a_name_that_is_looked_up_without_end_keeps_its_slot_but_no_request(documents: DocumentServer) -> None:
    answer = threading.Event()

    def look_up(*_: object) -> list[str]:
        answer.wait(GENEROUS)
        return ["127.0.0.1"]

    look_up_by(look_up)
    assert fetch(URL) is fetching.Unavailable
    assert pending_fetches.slots._count == 1
    answer.set()
    assert eventually(lambda: pending_fetches.slots._count == 0)
    assert documents.asked == []


def test_a_fetch_that_nobody_waits_for_any_more_is_ended_by_the_next(documents: DocumentServer) -> None:
    under_way = exchange.Exchange("https://a.hanging.example/drip")
    pending_fetches.join("https://a.hanging.example/drip", under_way, {})
    assert eventually(lambda: not under_way.remaining)
    assert fetch("https://app.example/none.json") is fetching.FetchError
    assert eventually(lambda: pending_fetches.slots._count == 0)


# --- Slots ---------------------------------------------------------------------------------------


def test_hanging_hosts_leave_slots_to_others(documents: DocumentServer) -> None:
    documents.documents[URL] = {"a": 1}
    hanging = [f"https://{name}.hanging.example/{path}" for name in "abcdefgh" for path in range(4)]
    with ThreadPoolExecutor(len(hanging)) as pool:
        results = [pool.submit(fetch, url, str(number)) for number, url in enumerate(hanging)]
        assert eventually(lambda: pending_fetches.slots._count == pending_fetches.SLOTS_OF_DOMAIN)
        assert fetch(URL) == {"a": 1}
    ended = [result.result() for result in results]
    assert ended.count(fetching.Unavailable) == pending_fetches.SLOTS_OF_DOMAIN
    assert ended.count(pending_fetches.Busy) == len(hanging) - pending_fetches.SLOTS_OF_DOMAIN


def test_a_host_takes_few_slots_and_another_of_its_ports_none_of_them(documents: DocumentServer) -> None:
    limit = ConcurrencyLimit(10)

    def take(url: str, requester: str) -> bool:
        return limit.acquire(pending_fetches.slot_groups(exchange.Exchange(url), requester))

    assert [take("https://app.example:8443/client.json", each) for each in "abc"] == [True, True, False]
    assert [take(URL, each) for each in "def"] == [True, True, False]


def test_one_who_asks_takes_few_slots() -> None:
    limit = ConcurrencyLimit(100)
    groups = [pending_fetches.slot_groups(exchange.Exchange(f"https://{each}.example/c"), "a") for each in "abcdefgh"]
    assert [limit.acquire(each) for each in groups].count(True) == pending_fetches.SLOTS_OF_REQUESTER


def test_one_who_asks_can_fill_neither_a_host_nor_a_domain() -> None:
    limit = ConcurrencyLimit(100)
    hosts = [f"{each}.shared.example" for each in "aaabbbccc"]
    taken = [limit.acquire(pending_fetches.slot_groups(exchange.Exchange(f"https://{each}/c"), "a")) for each in hosts]
    assert taken.count(True) == pending_fetches.SLOTS_OF_REQUESTER < pending_fetches.SLOTS_OF_DOMAIN
    assert taken[:3].count(True) < pending_fetches.SLOTS_OF_HOST
    for host in ("a.shared.example", "d.shared.example"):
        assert limit.acquire(pending_fetches.slot_groups(exchange.Exchange(f"https://{host}/c"), "b"))


def test_bounds_remember_nothing_that_is_over() -> None:
    limit = ConcurrencyLimit(2)
    for number in range(10):
        with limit.slot({f"host {number}": 1}) as has_place:
            assert has_place
    assert not limit._taken


def test_requests_for_one_address_share_one_fetch(documents: DocumentServer) -> None:
    assert fetch_all(["https://a.hanging.example/silent"] * 20) == [fetching.Unavailable] * 20
    assert len(documents.asked) == 1


def test_few_requests_wait_and_the_others_are_told_at_once(documents: DocumentServer, waiters: Any) -> None:
    waiters(4)
    began = time.monotonic()
    results = fetch_all([f"https://{name}.hanging.example/silent" for name in "abcdefghij"])
    assert results.count(fetching.Unavailable) == 2
    assert results.count(pending_fetches.Busy) == 8
    assert time.monotonic() - began < GENEROUS


def test_hanging_hosts_of_one_who_asks_let_others_wait(documents: DocumentServer, waiters: Any) -> None:
    waiters(4)
    documents.documents[URL] = {"a": 1}
    hanging = [f"https://{name}.hanging.example/silent" for name in "abcdef"]
    with ThreadPoolExecutor(len(hanging)) as pool:
        results = [pool.submit(fetch, url, "a stranger") for url in hanging]
        assert eventually(lambda: pending_fetches.waiting()._count == 2)
        assert fetch(URL) == {"a": 1}
    assert [result.result() for result in results].count(fetching.Unavailable) == 2


# --- What comes back -----------------------------------------------------------------------------


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_is_no_object_of_json_is_refused(documents: DocumentServer, body: bytes) -> None:
    documents.documents[URL] = body
    assert fetch(URL) is fetching.FetchError


@pytest.mark.parametrize("error", [RecursionError, MemoryError, UnicodeError, OSError, AssertionError])
def test_an_unexpected_error_is_a_refusal(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fail(*_: object) -> list[str]:
        raise error

    monkeypatch.setattr(exchange, "resolve", fail)
    assert fetch(URL) is fetching.FetchError


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [("max-age=1", 300), ("max-age=99999999999", 86400), ("no-store", 300), ("", 86400), ("max-age=3600", 3600)],
)
def test_a_document_is_kept_for_minutes_at_least_and_a_day_at_most(
    documents: DocumentServer, cache_control: str, seconds: int
) -> None:
    documents.documents[URL] = {}
    documents.headers["Cache-Control"] = cache_control
    assert pending_fetches.fetch(URL, requester="a test").max_age == seconds


def test_a_redirect_is_not_followed(documents: DocumentServer) -> None:
    documents.headers["Location"] = "https://app.example/other.json"
    assert fetch(URL) is fetching.FetchError
    assert documents.asked == [URL]


# --- Backoff -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_address_that_goes_on_failing_is_asked_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    now = time.time()
    monkeypatch.setattr(backoff.time, "time", lambda: now)
    waits = []
    for _ in range(7):
        backoff.note_failure("document", URL, fetching.FetchError("It failed."))
        # One that waited for the same fetch.
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
def test_a_failure_that_may_pass_is_told_as_one_while_the_address_is_not_asked(documents: DocumentServer) -> None:
    cache.clear()
    for _ in range(2):
        with pytest.raises(fetching.Unavailable) as caught:
            fetching.fetch("https://a.hanging.example/silent", purpose="document", requester="a test")
    assert 0 < caught.value.retry_after <= backoff.FIRST_SECONDS
    assert len(documents.asked) == 1
