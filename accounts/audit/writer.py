"""Batched writing of events: one statement writes those of several requests, and commits before their responses.

A thread that arrives while another thread's statement is running waits, then writes the events of all that wait. So a
request waits for two commits at most, however many arrive at once, and every response follows its event.
"""

import threading
from dataclasses import dataclass
from functools import cache

from django.db import connection, models

from accounts.audit import deferred
from accounts.db.errors import UNAVAILABLE
from accounts.db.statement import Statement
from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.models import Event

COLUMNS = [field for field in Event._meta.concrete_fields if not field.primary_key]
# Fields of these types need no conversion for the database.
PLAIN = (models.CharField, models.TextField, models.IntegerField)
MOST_AT_ONCE = 32


@dataclass(slots=True, eq=False)
class Entry:
    event: Event
    written: bool = False
    error: Exception | None = None


_waiting: list[Entry] = []
_writing = threading.Lock()


def write(event: Event) -> None:
    """Write `event` in the caller's transaction if there is one, else commit it now. Raises the database's errors."""
    if connection.in_atomic_block:
        insert([event])
        return
    # Before waiting for the lock: with a shared pool, waiting threads keep their connections, and the thread that
    # writes must not have to wait for one.
    connection.ensure_connection()
    entry = Entry(event)
    _waiting.append(entry)
    with _writing:
        while not entry.written:
            write_waiting()
    if entry.error is not None:
        raise entry.error


def write_waiting() -> None:
    batch = _waiting[:MOST_AT_ONCE]
    del _waiting[: len(batch)]
    try:
        insert_or_defer([entry.event for entry in batch])
    except Exception as error:
        fail(batch, error)
    for entry in batch:
        entry.written = True


def insert_or_defer(events: list[Event]) -> None:
    """Write `events`, or let them wait for SQLite's writer (accounts/audit/deferred.py)."""
    if not deferred.has_room():
        insert(events)
        return
    if deferred.is_pending():
        deferred.add(events, insert)
        return
    try:
        with brief_wait():
            insert(events)
    except WriterBusy:
        deferred.add(events, insert)


def fail(batch: list[Entry], error: Exception) -> None:
    """Set the `error` of each entry after a failed batch, once each event was tried alone if the batch had several.

    An event that the database rejects must not prevent the others from being written.
    """
    for entry in batch:
        entry.error = error
        if len(batch) > 1 and not isinstance(error, UNAVAILABLE):
            try:
                insert([entry.event])
                entry.error = None
            except Exception as own_error:
                entry.error = own_error


def insert(events: list[Event]) -> None:
    insert_statement(len(events)).first([value_of(event, field) for event in events for field in COLUMNS])


def value_of(event: Event, field: "models.Field[object, object]") -> object:
    value = getattr(event, field.attname)
    return value if isinstance(field, PLAIN) else field.get_db_prep_save(value, connection)


@cache
def insert_statement(rows: int) -> Statement:
    """Return the INSERT statement for so many events. The cache holds at most one for each batch size."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in COLUMNS)
    row = f"({', '.join(['%s'] * len(COLUMNS))})"
    return Statement(f"INSERT INTO {quote(Event._meta.db_table)} ({names}) VALUES {', '.join([row] * rows)}")  # noqa: S608 - names of the model
