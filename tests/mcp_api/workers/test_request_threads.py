"""The threads of requests that wait for calls (mcp_api/workers/request_threads.py)."""

import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from mcp_api.errors import Busy
from mcp_api.workers import request_threads
from mcp_api.workers.request_threads import RequestThread
from tests.support.patience import PATIENCE_SECONDS

ONE, OTHER = 1, 2


@pytest.fixture(autouse=True)
def places(settings: Settings) -> None:
    """Ten places, of which one person has eight."""
    settings.CALL_WAITERS = 10


@pytest.fixture
def taken() -> Iterator[list[RequestThread]]:
    """All that one person may have."""
    threads = [RequestThread(ONE) for _ in range(8)]
    for each in threads:
        each.take()
    yield threads
    for each in threads:
        each.release()


def test_call_beyond_a_persons_share_waits_until_another_of_theirs_ends(taken: list[RequestThread]) -> None:
    further = RequestThread(ONE)
    waiting = threading.Thread(target=further.take)
    waiting.start()
    taken[0].release()
    waiting.join(PATIENCE_SECONDS)
    assert not waiting.is_alive()
    with pytest.raises(Busy):
        request_threads_without_patience(ONE)
    further.release()


def test_call_beyond_a_persons_share_is_refused_where_none_of_theirs_ends(taken: list[RequestThread]) -> None:
    with pytest.raises(Busy):
        RequestThread(ONE).take()


def test_waiting_calls_of_one_person_keep_no_thread_that_is_left_for_others(
    taken: list[RequestThread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_threads, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    waiting = [threading.Thread(target=take_and_release, args=(ONE,)) for _ in range(2)]
    for each in waiting:
        each.start()
    while request_threads._waiting.total() < 2:
        pass
    # A third would wait for as long; it is refused at once instead.
    with pytest.raises(Busy):
        RequestThread(ONE).take()
    take_and_release(OTHER)
    taken[0].release()
    for each in waiting:
        each.join(PATIENCE_SECONDS)
    assert not any(each.is_alive() for each in waiting)


def take_and_release(person: int) -> None:
    thread = RequestThread(person)
    thread.take()
    thread.release()


def request_threads_without_patience(person: int) -> None:
    """Take a place that is free now. Raises Busy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_threads, "PATIENCE_SECONDS", 0)
        RequestThread(person).take()
