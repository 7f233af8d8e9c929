"""Concurrent events are written in one batch, and none of them is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.audit import writer
from accounts.models import Event
from tests.support.patience import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def event(action: str, **fields: object) -> Event:
    return Event(kind=Event.Kind.MCP, outcome=Event.Outcome.OK, action=action, **fields)


def write_at_once(events: list[Event]) -> list[BaseException | None]:
    """Write each event in its own thread while another thread writes, and return what each raised."""

    def write(event: Event) -> None:
        try:
            writer.write(event)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(events)) as threads:
        with writer._writing:
            written = [threads.submit(write, event) for event in events]
            assert eventually(lambda: len(writer._waiting) == len(events), seconds=30)
        return [future.exception() for future in written]


# Threads of one process cannot share SQLite's database in memory.
@pytest.mark.postgres_only
def test_those_who_wait_are_written_together_and_none_is_lost() -> None:
    assert not any(write_at_once([event(f"call {number}") for number in range(40)]))
    assert sorted(Event.objects.values_list("action", flat=True)) == sorted(f"call {number}" for number in range(40))
    # Two statements, so two transactions, for forty events.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM oauth_mcp_event")
        assert cursor.fetchone()[0] == 2


@pytest.mark.postgres_only
def test_a_waiting_writer_has_a_connection_already() -> None:
    """Waiting writers keep their connections; a thread that writes for all must not have to wait for one."""
    theirs: list[BaseDatabaseWrapper] = []

    def write() -> None:
        theirs.append(connections["default"])
        try:
            writer.write(event("call"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        with writer._writing:
            written = threads.submit(write)
            assert eventually(lambda: theirs and theirs[0].connection is not None, seconds=30)
        written.result()


@pytest.mark.postgres_only
def test_an_event_that_the_database_refuses_does_not_prevent_the_others() -> None:
    raised = write_at_once([event("good"), event("bad", username="x" * 151), event("good too")])
    assert [type(error) for error in raised] == [type(None), DataError, type(None)]
    assert set(Event.objects.values_list("action", flat=True)) == {"good", "good too"}


def test_an_event_goes_with_the_transaction_that_it_is_part_of() -> None:
    with transaction.atomic():
        writer.write(event("call"))
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    writer.write(event("call"))
    assert Event.objects.get().at is not None


def test_each_column_arrives_as_it_was() -> None:
    sent = event(
        "call", user_id=3, username="ada", address="2001:db8::1", duration_ms=4, detail="100 % sure", agent="x"
    )
    writer.write(sent)
    found = Event.objects.get()
    for column in writer.COLUMNS:
        assert getattr(found, column.attname) == getattr(sent, column.attname)
