"""Pauses of a thread that writes in many short transactions: when, and for how long."""

from types import SimpleNamespace

import pytest

from accounts.db import short_transactions
from accounts.db.short_transactions import LONGEST_PAUSE_SECONDS, WriteTime, short_transaction

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """A clock that only a test advances, with the list of pauses."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(round(seconds, 3))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(short_transactions, "time", clock)
    monkeypatch.setattr(short_transactions, "write_time", WriteTime())
    return clock


def use(monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    monkeypatch.setattr(short_transactions, "connection", SimpleNamespace(vendor=vendor, in_atomic_block=False))


@pytest.fixture
def sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "sqlite")


def write(clock: Clock, seconds: float, times: int = 1) -> None:
    for _ in range(times):
        with short_transaction():
            clock.now += seconds


@pytest.mark.usefixtures("sqlite")
def test_act_of_few_rows_does_not_pause(clock: Clock) -> None:
    for _ in range(20):
        write(clock, 0.005, times=15)
        clock.now += 1.5
    assert clock.pauses == []


@pytest.mark.usefixtures("sqlite")
def test_many_short_transactions_pause_after_a_tenth_of_a_second(clock: Clock) -> None:
    write(clock, 0.0101, times=100)
    assert len(clock.pauses) == 10
    assert set(clock.pauses) == {0.025}


@pytest.mark.usefixtures("sqlite")
def test_long_transactions_pause_for_as_long_as_a_waiting_writer_takes_to_look_again(clock: Clock) -> None:
    write(clock, 0.2)
    write(clock, 3.0)
    assert clock.pauses == [0.05, LONGEST_PAUSE_SECONDS]
    assert LONGEST_PAUSE_SECONDS > 0.1


def test_databases_with_many_writers_need_no_pause(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "postgresql")
    write(clock, 3.0)
    assert clock.pauses == []


@pytest.mark.usefixtures("sqlite")
def test_transaction_that_fails_does_not_pause(clock: Clock) -> None:
    def fail() -> None:
        with short_transaction():
            clock.now += 3
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert clock.pauses == []
