"""Events that wait for SQLite's writer."""

import sqlite3
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.audit import deferred, events, writer
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.models import Event, User
from tests.support.patience import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture
def held() -> Iterator[sqlite3.Connection]:
    """Another connection, which holds the write lock of the database."""
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite has one writer.")
    name = connection.settings_dict["NAME"]
    other = sqlite3.connect(name, uri=str(name).startswith("file:"), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    yield other
    if other.in_transaction:
        other.execute("ROLLBACK")
    other.close()


def busy_timeout() -> int:
    connection.ensure_connection()
    [milliseconds] = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    return int(milliseconds)


def actions() -> list[str]:
    return list(Event.objects.filter(action__startswith="deferred").order_by("pk").values_list("action", flat=True))


def test_events_are_written_in_their_order_once_the_lock_is_free(
    held: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferred, "RETRY_SECONDS", 0.01)
    began = time.monotonic()
    for number in range(40):
        events.record(Event.Kind.MCP, action=f"deferred {number}")
    assert time.monotonic() - began < 5
    assert deferred.is_pending()
    held.execute("ROLLBACK")
    assert eventually(lambda: actions() == [f"deferred {number}" for number in range(40)])
    assert eventually(lambda: not deferred.is_pending())


def test_more_events_than_may_wait_are_written_at_once_or_fail(
    held: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferred, "MOST_EVENTS", 0)
    usual = busy_timeout()
    connection.connection.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(OperationalError, match="locked"):
        events.record(Event.Kind.MCP, action="deferred")
    connection.connection.execute(f"PRAGMA busy_timeout = {usual}")


def test_event_that_no_database_stores_keeps_none_of_the_others(caplog: pytest.LogCaptureFixture) -> None:
    written = threading.Event()

    def insert(batch: list[Event]) -> None:
        if batch[0].action == "bad":
            raise ValueError("bad")
        written.set()

    deferred.add([Event(action="bad")], insert)
    eventually(lambda: not deferred.is_pending())
    deferred.add([Event(action="good")], insert)
    assert written.wait(5)
    assert "could not be written to the audit log" in caplog.text


def test_event_that_no_database_stores_takes_none_of_its_batch_with_it(caplog: pytest.LogCaptureFixture) -> None:
    written: list[str] = []

    def insert(batch: list[Event]) -> None:
        if any(each.action == "bad" for each in batch):
            raise ValueError("bad")
        written.extend(each.action for each in batch)

    deferred.add([Event(action=each) for each in ("first", "bad", "last")], insert)
    assert eventually(lambda: written == ["first", "last"])
    assert eventually(lambda: not deferred.is_pending())
    assert "An event could not be written to the audit log" in caplog.text


class Meddling:
    """A lock, after each release of which another event comes if none waits."""

    def __init__(self, insert: deferred.Insert, coming: int) -> None:
        self.lock, self.insert, self.coming = threading.Lock(), insert, coming

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        if not deferred.is_pending() and self.coming:
            self.coming -= 1
            deferred.add([Event(action=f"later {self.coming}")], self.insert)
            time.sleep(0.05)


def test_event_that_comes_while_the_last_one_is_written_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def insert(batch: list[Event]) -> None:
        time.sleep(0.1)
        written.extend(each.action for each in batch)

    monkeypatch.setattr(deferred, "_lock", Meddling(insert, coming=3))
    deferred.add([Event(action="first")], insert)
    assert eventually(lambda: len(written) > 3 and not deferred.is_pending())
    time.sleep(0.3)
    assert written == ["first", "later 2", "later 1", "later 0"]


def test_wait_for_the_lock_is_brief_and_the_usual_one_comes_back(held: sqlite3.Connection) -> None:
    usual = busy_timeout()
    began = time.monotonic()
    with pytest.raises(WriterBusy), brief_wait():
        User.objects.create(username="ada")
    assert time.monotonic() - began < 5
    assert busy_timeout() == usual
    held.execute("ROLLBACK")
    with brief_wait():
        User.objects.create(username="ada")
    assert busy_timeout() == usual


def test_other_errors_pass_and_a_transaction_waits_as_ever() -> None:
    with pytest.raises(DatabaseError, match="no_table"), brief_wait():
        connection.cursor().execute("SELECT 1 FROM no_table")
    usual = busy_timeout() if connection.vendor == "sqlite" else 0
    with transaction.atomic(), brief_wait():
        User.objects.create(username="ada")
        assert connection.vendor != "sqlite" or busy_timeout() == usual


def test_event_within_a_transaction_is_written_in_it() -> None:
    with transaction.atomic():
        writer.write(Event(kind="mcp", action="deferred 1"))
        transaction.set_rollback(True)
    assert actions() == []
