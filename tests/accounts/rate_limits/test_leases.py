"""Leases: blocks of calls that a process counts by itself, how large they are, and how long they last."""

import threading
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.rate_limits.leases import LIFETIME_SECONDS, MOST_CALLS, SHARE, Leases
from tests.support.leases import NOW, Clock, in_hand, let_through, quota, spends


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
    held = in_hand(first, quota("1000/day"))
    assert 0 < held < 1000 // SHARE
    counted_since = let_through(second, quota("1000/day"), tries=1100)
    assert counted_since + held <= 1000
    assert let_through(first, quota("1000/day"), tries=100) == held


@pytest.mark.parametrize("limit", [1, 3, SHARE - 1, SHARE, 2 * SHARE - 1])
def test_small_limits_are_exact_in_all_processes(store: str, limit: int) -> None:
    processes, small = [Leases() for _ in range(4)], quota(f"{limit}/day")
    granted = [spends(processes[number % 4], small) for number in range(limit + 8)]
    assert granted == [True] * limit + [False] * 8
    assert not any(in_hand(process, small) for process in processes)


@pytest.mark.parametrize("written", ["1200/minute", "12000/minute", "1000000/hour"])
def test_block_grows_with_use_up_to_its_share(store: str, written: str) -> None:
    process, many = Leases(), quota(written)
    most = min(many.limit // SHARE, MOST_CALLS)
    held = []
    for _ in range(3 * most):
        spends(process, many)
        held.append(in_hand(process, many))
    assert held[0] == max(1, most // 4) - 1
    assert max(held) == most - 1


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
    assert in_hand(process, quota("1200/minute"))
    assert not in_hand(process, quota("1200/minute", "192.0.2.1", "calls_address"))


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
    assert in_hand(process, many) == 1200 // SHARE // 4 - 1
