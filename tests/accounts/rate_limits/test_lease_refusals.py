"""Refusals of calls that are counted in blocks: what clients are shown, failures, and threads."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connections
from pytest_django import Settings

from accounts import rate_limits
from accounts.rate_limits import Quota, RateLimitExceeded, counting
from accounts.rate_limits.leases import SHARE, Leases
from tests.support.leases import Clock, in_hand, let_through, quota, spends
from tests.support.servers.redis_server import RedisServer


def test_each_call_of_a_block_is_shown_what_is_left(store: str) -> None:
    process, many = Leases(), quota("1000/day")
    told = []
    for _ in range(30):
        [status] = process.hit_locally(many) or process.hit(many)
        told.append(status.remaining)
    assert told == list(range(999, 969, -1))


def test_refusal_names_the_time_of_the_next_calls(store: str) -> None:
    process, many = Leases(), quota("1000/day")
    let_through(process, many, tries=1000)
    with pytest.raises(RateLimitExceeded) as refused:
        process.hit(many)
    assert 1 <= refused.value.retry_after <= 86_400
    assert rate_limits.refusal_headers(refused.value)["RateLimit"].startswith('"calls_person";r=0;')


def test_both_limits_of_a_call_are_reported(store: str) -> None:
    process, person = Leases(), quota("1000/day")
    client = quota("100/day", "app", "calls_client")
    for _ in range(9):
        statuses = process.hit_locally(person, client) or process.hit(person, client)
        assert [status.quota for status in statuses] == [person, client]
        assert statuses[0].remaining > 900


def test_refused_call_takes_nothing_of_other_blocks(store: str) -> None:
    process, person, client = Leases(), quota("1000/day"), quota("3/day", "app", "calls_client")
    granted = [spends(process, person, client) for _ in range(20)]
    assert granted == [True] * 3 + [False] * 17
    assert let_through(process, person, tries=1000) == 997


def test_batch_counts_each_of_its_messages(store: str) -> None:
    process, many = Leases(), quota("1000/day")
    assert [spends(process, many, count=count) for count in (1, 3, 30, 1)] == [True] * 4
    assert let_through(process, many, tries=1000) <= 1000 - 35
    assert not spends(process, many, count=2)


@pytest.mark.django_db
def test_failure_of_the_database_is_raised_and_nothing_is_taken(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    process, person, client = Leases(), quota("1200/minute"), quota("60/minute", "app", "calls_client")
    process.hit(person, client)
    held = in_hand(process, person)

    def away(*asked: Any) -> Any:
        raise OperationalError("The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(counting, "take", away)
        with pytest.raises(OperationalError):
            process.hit(person, client)
    assert in_hand(process, person) == held
    assert spends(process, person, client)


def test_refusal_of_one_call_leaves_the_block_that_another_thread_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    process, many, other = Leases(), quota("1200/minute"), quota("12000/minute", "app", "calls_client")

    def take(quotas: list[Quota], counts: list[int]) -> list[rate_limits.QuotaStatus]:
        if counts == [6]:
            # Another thread is refused, because the block took the rest.
            assert not spends(process, many, other)
        return [rate_limits.QuotaStatus(each, each == many and counts == [6], 0, 1) for each in quotas]

    monkeypatch.setattr(counting, "take", take)
    assert spends(process, many)
    assert in_hand(process, many) == 5
    assert spends(process, many)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["database", "redis"])
def test_threads_of_two_processes_let_no_more_through_than_the_limit(settings: Settings, where: str) -> None:
    processes, many = [Leases(), Leases()], quota("500/day")

    def act(number: int) -> int:
        try:
            return let_through(processes[number % 2], many, tries=60)
        finally:
            connections.close_all()

    with RedisServer() as redis, ThreadPoolExecutor(12) as threads:
        settings.REDIS_URL = redis.url if where == "redis" else ""
        assert 500 - 2 * 500 // SHARE <= sum(threads.map(act, range(12))) <= 500


def test_thread_does_not_wait_for_the_block_that_another_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    process, many = Leases(), quota("1200/minute")
    asked: list[list[int]] = []

    def take(quotas: list[Quota], counts: list[int]) -> list[rate_limits.QuotaStatus]:
        asked.append(counts)
        if len(asked) == 1:
            # A second thread then needs a block, and then a third.
            assert spends(process, many)
            assert spends(process, many)
        return [rate_limits.QuotaStatus(each, True, 1000, 1) for each in quotas]

    monkeypatch.setattr(counting, "take", take)
    assert spends(process, many)
    assert asked == [[6], [1], [1]]
    assert in_hand(process, many) == 5
