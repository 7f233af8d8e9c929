"""Batched writing of events: those of several requests in one statement, each committed before its response.

Whoever comes while another's statement is under way waits, and then writes for all who wait. So nobody is held up by
more than two commits, however many come at once, and nothing is answered that is not on record.
"""

import threading
from dataclasses import dataclass
from functools import cache

from django.db import connection, models

from accounts.db.errors import UNAVAILABLE
from accounts.db.statement import Statement
from accounts.models import Event

COLUMNS = [field for field in Event._meta.concrete_fields if not field.primary_key]
# Of these, what a model holds is what the database is given.
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
    """Write `event` with the caller's transaction, if there is one; else it is committed now. Raises the database's
    errors.
    """
    if connection.in_atomic_block:
        insert([event])
        return
    # First: where connections are shared, those who wait here keep theirs, and whoever writes must not wait for one.
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
        insert([entry.event for entry in batch])
    except Exception as error:
        fail(batch, error)
    for entry in batch:
        entry.written = True


def fail(batch: list[Entry], error: Exception) -> None:
    """One event that the database does not take must not cost the others theirs."""
    for entry in batch:
        entry.error = error
        if len(batch) > 1 and not isinstance(error, UNAVAILABLE):
            try:
                insert([entry.event])
                entry.error = None
            except Exception as its_own:
                entry.error = its_own


def insert(events: list[Event]) -> None:
    insertion(len(events)).first([value_of(event, field) for event in events for field in COLUMNS])


def value_of(event: Event, field: "models.Field[object, object]") -> object:
    value = getattr(event, field.attname)
    return value if isinstance(field, PLAIN) else field.get_db_prep_save(value, connection)


@cache
def insertion(rows: int) -> Statement:
    """Of so many events. There are few of them: one for each number of threads that may wait."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in COLUMNS)
    row = f"({', '.join(['%s'] * len(COLUMNS))})"
    return Statement(f"INSERT INTO {quote(Event._meta.db_table)} ({names}) VALUES {', '.join([row] * rows)}")  # noqa: S608 - names of ours
