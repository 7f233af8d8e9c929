"""Writing of events on the event loop: one statement commits the events of several requests before their replies."""

from collections.abc import Sequence
from functools import cache

from django.db import Error
from pydantic_core import to_json

from accounts.audit.writer import COLUMNS
from accounts.db.async_connection import LoopConnection, django_connection
from accounts.db.batches import Batches
from accounts.db.errors import UNAVAILABLE
from accounts.models import Event

_connection = LoopConnection()


async def write(event: Event) -> None:
    """Write `event` and return once it is committed. Raises the database's errors."""
    await _writes.add(event)


def forget_connection() -> None:
    """Drop the connection, which is or will be unusable; the next event opens another."""
    _connection.forget()


async def close() -> None:
    """Close the connection; the next event opens another."""
    await _connection.close()


async def _write(events: Sequence[Event]) -> list[Exception | None]:
    try:
        await _insert(events)
        return [None] * len(events)
    except UNAVAILABLE:
        raise
    except Error as error:
        # An event that the database rejects must not prevent the others from being written.
        return [error] if len(events) == 1 else [(await _write([event]))[0] for event in events]


_writes: Batches[Event, None] = Batches(_write)


async def _insert(events: Sequence[Event]) -> None:
    rows = [{field.column: getattr(event, field.attname) for field in COLUMNS} for event in events]
    await _connection.run(_insert_statement(), [to_json(rows).decode()])


@cache
def _insert_statement() -> str:
    """Return the INSERT statement for a JSON list of events. Any number of rows shares one query plan."""
    quote = django_connection.ops.quote_name
    table, names = quote(Event._meta.db_table), ", ".join(quote(str(field.column)) for field in COLUMNS)
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608 - names of the model
