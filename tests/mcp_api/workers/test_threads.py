"""The queue in front of the threads that calls run in."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import pytest

from mcp_api.errors import Busy
from mcp_api.workers import threads
from mcp_api.workers.threads import MOST_OCTETS_OF_ONE, MOST_WAITING, MOST_WAITING_OF_ONE, Queue

pytestmark = pytest.mark.django_db(transaction=True)
ADA, BOB = 1, 2


class Work:
    """Jobs that wait until they may end, and record the order in which they began."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.begun: list[str] = []
        self.may_end, self._changed = threading.Event(), threading.Condition()

    def submit(self, person: int, name: str, octets: int = 0, *, target: str = "tool slow") -> threads.Job:
        return self.queue.submit(person, target, octets, partial(self._run, name))

    def _run(self, name: str) -> None:
        with self._changed:
            self.begun.append(name)
            self._changed.notify_all()
        self.may_end.wait(30)

    def wait_for(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.begun) >= number, 10), self.begun


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work(Queue(4))
    yield made
    made.may_end.set()
    made.queue._pool.shutdown()
    assert threads.waiting_octets.total() == 0


def test_one_tool_of_a_person_runs_in_half_of_the_threads_at_most(work: Work) -> None:
    for number in range(6):
        work.submit(ADA, f"ada {number}")
    work.submit(BOB, "bob")
    work.wait_for(3)
    assert sorted(work.begun) == ["ada 0", "ada 1", "bob"]
    assert work.queue.waiting() == 4


def test_slow_tool_leaves_a_thread_to_a_quick_one_of_the_same_person(work: Work) -> None:
    for number in range(6):
        work.submit(ADA, f"slow {number}")
    work.submit(ADA, "quick", target="tool quick")
    work.wait_for(3)
    assert sorted(work.begun) == ["quick", "slow 0", "slow 1"]


def test_one_person_leaves_a_thread_to_others_with_any_number_of_tools(work: Work) -> None:
    for number in range(12):
        work.submit(ADA, f"ada {number}", target=f"tool {number}")
    work.wait_for(3)
    work.submit(BOB, "bob")
    work.wait_for(4)
    assert sorted(work.begun) == ["ada 0", "ada 1", "ada 2", "bob"]


def test_slow_calls_of_two_people_leave_threads_to_a_third() -> None:
    made = Work(Queue(16))
    for person in (ADA, BOB):
        for number in range(32):
            made.submit(person, f"{person} {number}")
    made.wait_for(12)
    made.submit(3, "third")
    made.wait_for(13)
    assert "third" in made.begun
    made.may_end.set()
    made.queue._pool.shutdown()


def test_tools_of_a_person_take_turns() -> None:
    made = Work(Queue(1))
    made.submit(BOB, "first")
    for target, names in {"tool one": "abc", "tool two": "de"}.items():
        for name in names:
            made.submit(ADA, name, target=target)
    made.may_end.set()
    made.wait_for(6)
    made.queue._pool.shutdown()
    assert made.begun == ["first", "a", "d", "b", "e", "c"]


def test_people_take_turns() -> None:
    made = Work(Queue(1))
    made.submit(3, "first")
    for person, names in {ADA: "abc", BOB: "de"}.items():
        for name in names:
            made.submit(person, name)
    made.may_end.set()
    made.wait_for(6)
    made.queue._pool.shutdown()
    assert made.begun == ["first", "a", "d", "b", "e", "c"]


def test_more_than_a_person_may_have_waiting_is_refused(work: Work) -> None:
    for number in range(2 + MOST_WAITING_OF_ONE):
        work.submit(ADA, str(number))
    with pytest.raises(Busy):
        work.submit(ADA, "too many")
    work.submit(BOB, "another's")


def test_people_who_wait_with_many_calls_leave_places_to_others(work: Work) -> None:
    for person in range(5):
        for number in range(MOST_WAITING_OF_ONE):
            with suppress(Busy):
                work.submit(person, str(number))
    work.submit(-1, "another's")


def test_more_than_may_wait_of_all_is_refused(work: Work) -> None:
    # Four run.
    for person in range(4 + MOST_WAITING):
        work.submit(person, str(person))
    with pytest.raises(Busy):
        work.submit(-1, "too many")


def test_larger_messages_than_a_person_may_have_waiting_are_refused(work: Work) -> None:
    for number in range(2):
        work.submit(ADA, str(number), MOST_OCTETS_OF_ONE)
    job = work.submit(ADA, "waits", MOST_OCTETS_OF_ONE)
    with pytest.raises(Busy):
        work.submit(ADA, "too large", 1)
    assert job.cancel()
    work.submit(ADA, "fits again", 1)


def test_job_that_was_cancelled_is_not_held_and_never_runs(work: Work) -> None:
    for number in range(2):
        work.submit(ADA, str(number))
    work.wait_for(2)
    job = work.submit(ADA, "cancelled")
    assert job.cancel()
    assert job.work is None
    assert not job.cancel()
    work.may_end.set()
    work.queue._pool.shutdown()
    assert "cancelled" not in work.begun


def test_job_that_runs_cannot_be_cancelled(work: Work) -> None:
    job = work.submit(ADA, "runs")
    work.wait_for(1)
    assert not job.cancel()


def test_person_whose_calls_are_all_stuck_is_refused_and_others_are_not(work: Work) -> None:
    jobs = [work.submit(ADA, str(number)) for number in range(2)]
    work.wait_for(2)
    for job in jobs:
        job.give_up()
    with pytest.raises(Busy):
        work.submit(ADA, "refused")
    work.submit(BOB, "runs")
    work.wait_for(3)
