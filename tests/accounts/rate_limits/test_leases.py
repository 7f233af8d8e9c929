"""Calls are counted in blocks: cheap, and never more than a block of each process too many."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connections
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import rate_limits
from accounts.rate_limits import Quota, RateLimitExceeded, counting
from accounts.rate_limits.leases import LIFETIME_SECONDS, MOST_CALLS, SHARE, Leases, _key_of
from accounts.rate_limits.rates import rate_of
from tests.support.redis_server import RedisServer

# The clock of blocks. It is set, so that no test depends on the speed of the machine.
NOW = 1000.0


class Clock:
    now = NOW

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("accounts.rate_limits.leases.time", made)
    return made


def quota(written: str = "1000/day", key: str = "ada", name: str = "calls_person") -> Quota:
    rate = rate_of(written)
    assert rate is not None
    return Quota(name, key, rate)


def spends(process: Leases, *quotas: Quota, count: int = 1) -> bool:
    """Whether a request is let through, as the endpoint asks."""
    if process.hit_locally(*quotas, count=count) is not None:
        return True
    try:
        return bool(process.hit(*quotas, count=count))
    except RateLimitExceeded:
        return False


def let_through(process: Leases, *quotas: Quota, tries: int) -> int:
    return sum(spends(process, *quotas) for _ in range(tries))


# --- How many -----------------------------------------------------------------------------------


def test_one_process_lets_exactly_so_many_through(store: str) -> None:
    assert let_through(Leases(), quota("1000/day"), tries=1100) == 1000


def test_processes_together_let_no_more_through_than_the_limit(store: str) -> None:
    processes = [Leases(), Leases(), Leases()]
    granted = sum(spends(processes[number % 3], quota("1000/day")) for number in range(1200))
    assert granted == 1000


def test_process_that_stops_early_costs_the_others_one_block_at_most(store: str) -> None:
    stopped, other = Leases(), Leases()
    used = let_through(stopped, quota("1000/day"), tries=101)
    assert 1000 - 1000 // SHARE <= used + let_through(other, quota("1000/day"), tries=1000) <= 1000


def test_what_is_left_of_a_former_window_is_one_block_of_each_process_at_most(store: str, clock: Clock) -> None:
    """A block that was leased before a window begins may be spent in it, and for a minute at most."""
    first, second = Leases(), Leases()
    spends(first, quota("1000/day"))
    held = _in_hand(first, quota("1000/day"))
    assert 0 < held < 1000 // SHARE
    counted_since = let_through(second, quota("1000/day"), tries=1100)
    assert counted_since + held <= 1000
    assert let_through(first, quota("1000/day"), tries=100) == held


@pytest.mark.parametrize("limit", [1, 3, SHARE - 1, SHARE, 2 * SHARE - 1])
def test_small_limits_are_exact_whichever_process_is_asked(store: str, limit: int) -> None:
    processes, small = [Leases() for _ in range(4)], quota(f"{limit}/day")
    granted = [spends(processes[number % 4], small) for number in range(limit + 8)]
    assert granted == [True] * limit + [False] * 8
    assert not any(_in_hand(process, small) for process in processes)


@pytest.mark.parametrize("written", ["1200/minute", "12000/minute", "1000000/hour"])
def test_block_grows_with_use_up_to_its_share(store: str, written: str) -> None:
    process, many = Leases(), quota(written)
    most = min(many.limit // SHARE, MOST_CALLS)
    held = []
    for _ in range(3 * most):
        spends(process, many)
        held.append(_in_hand(process, many))
    assert held[0] == max(1, most // 4) - 1
    assert max(held) == most - 1


def _in_hand(process: Leases, of: Quota) -> int:
    block = process._blocks.get(_key_of(of))
    return block.left if block is not None else 0


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_calls_from_a_block_ask_no_database_and_no_thread(
    django_assert_num_queries: DjangoAssertNumQueries, clock: Clock
) -> None:
    process = Leases()
    both = quota("1200/minute"), quota("12000/minute", "client", "calls_client")
    with django_assert_num_queries(1):
        process.hit(*both)
    threads = threading.active_count()
    with django_assert_num_queries(0):
        granted = [process.hit_locally(*both) for _ in range(5)]
        assert all(granted)
        # The next block.
        assert process.hit_locally(*both) is None
    assert threading.active_count() == threads
    with django_assert_num_queries(1):
        process.hit(*both)


@pytest.mark.django_db
def test_minute_of_calls_at_the_limit_asks_once_for_many(django_assert_max_num_queries: Any, clock: Clock) -> None:
    with django_assert_max_num_queries(55):
        assert let_through(Leases(), quota("1200/minute"), tries=1190) == 1190


@pytest.mark.django_db
def test_nothing_is_asked_where_there_is_no_limit(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert Leases().hit_locally() == []


@pytest.mark.django_db
def test_blocks_in_memory_are_bounded_and_the_oldest_go_first(clock: Clock) -> None:
    process = Leases(most_blocks=10)
    for number in range(30):
        spends(process, quota("1200/minute", f"192.0.2.{number}", "calls_address"))
        spends(process, quota("1200/minute"))
    assert len(process) == 10
    assert _in_hand(process, quota("1200/minute"))
    assert not _in_hand(process, quota("1200/minute", "192.0.2.1", "calls_address"))


# --- Windows ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "seconds"), [("1000/second", 1), ("1200/minute", 60), ("1000/day", LIFETIME_SECONDS)]
)
def test_block_is_worthless_after_its_window(clock: Clock, written: str, seconds: int) -> None:
    process, many = Leases(), quota(written)
    process.hit(many)
    clock.now = NOW + seconds - 0.1
    assert process.hit_locally(many)
    clock.now = NOW + seconds
    assert process.hit_locally(many) is None
    assert spends(process, many)


@pytest.mark.django_db
def test_client_that_waited_begins_with_a_small_block_again(clock: Clock) -> None:
    process, many = Leases(), quota("1200/minute")
    let_through(process, many, tries=100)
    clock.now = NOW + 60
    spends(process, many)
    assert _in_hand(process, many) == 1200 // SHARE // 4 - 1


# --- What clients are told ----------------------------------------------------------------------


def test_each_call_of_a_block_is_told_what_is_left(store: str) -> None:
    process, many = Leases(), quota("1000/day")
    told = []
    for _ in range(30):
        [status] = process.hit_locally(many) or process.hit(many)
        told.append(status.remaining)
    assert told == list(range(999, 969, -1))


def test_refusal_tells_when_there_is_more(store: str) -> None:
    process, many = Leases(), quota("1000/day")
    let_through(process, many, tries=1000)
    with pytest.raises(RateLimitExceeded) as refused:
        process.hit(many)
    assert 1 <= refused.value.retry_after <= 86_400
    assert rate_limits.refusal_headers(refused.value)["RateLimit"].startswith('"calls_person";r=0;')


def test_the_narrowest_is_told_whichever_needs_a_block(store: str) -> None:
    process, person = Leases(), quota("1000/day")
    client = quota("100/day", "app", "calls_client")
    for _ in range(9):
        statuses = process.hit_locally(person, client) or process.hit(person, client)
        assert [status.quota for status in statuses] == [person, client]
        assert statuses[0].remaining > 900


# --- What is refused, and what fails ------------------------------------------------------------


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
def test_failure_of_the_database_is_told_and_nothing_is_taken(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    process, person, client = Leases(), quota("1200/minute"), quota("60/minute", "app", "calls_client")
    process.hit(person, client)
    held = _in_hand(process, person)

    def away(*asked: Any) -> Any:
        raise OperationalError("The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(counting, "take", away)
        with pytest.raises(OperationalError):
            process.hit(person, client)
    assert _in_hand(process, person) == held
    assert spends(process, person, client)


def test_refusal_of_one_call_leaves_the_block_that_another_thread_leased(monkeypatch: pytest.MonkeyPatch) -> None:
    process, many, other = Leases(), quota("1200/minute"), quota("12000/minute", "app", "calls_client")

    def take(quotas: list[Quota], counts: list[int]) -> list[rate_limits.QuotaStatus]:
        if counts == [6]:
            # Meanwhile another thread is refused: the block took the rest.
            assert not spends(process, many, other)
        return [rate_limits.QuotaStatus(each, each == many and counts == [6], 0, 1) for each in quotas]

    monkeypatch.setattr(counting, "take", take)
    assert spends(process, many)
    assert _in_hand(process, many) == 5
    assert spends(process, many)


# --- Threads ------------------------------------------------------------------------------------


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
            # Meanwhile another thread needs one, and then a third.
            assert spends(process, many)
            assert spends(process, many)
        return [rate_limits.QuotaStatus(each, True, 1000, 1) for each in quotas]

    monkeypatch.setattr(counting, "take", take)
    assert spends(process, many)
    assert asked == [[6], [1], [1]]
    assert _in_hand(process, many) == 5
