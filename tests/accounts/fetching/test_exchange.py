"""Outgoing fetches: their deadline, and responses that are refused."""

import socket
import threading
import time

import pytest

from accounts import fetching
from accounts.fetching import exchange, pending_fetches
from tests.support.documents import DocumentServer, found_at, look_up_by
from tests.support.fetching import GENEROUS, URL, eventually, fetch
from tests.support.oauth.bad_documents import BODIES


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


def test_a_fetch_that_no_request_waits_for_is_ended_by_the_next(documents: DocumentServer) -> None:
    under_way = exchange.Exchange("https://a.hanging.example/drip")
    pending_fetches.join("https://a.hanging.example/drip", under_way, {})
    assert eventually(lambda: not under_way.remaining)
    assert fetch("https://app.example/none.json") is fetching.FetchError
    assert eventually(lambda: pending_fetches.slots._count == 0)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_not_a_json_object_is_refused(documents: DocumentServer, body: bytes) -> None:
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
