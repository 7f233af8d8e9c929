"""The events of several requests are committed in one statement, before each of them is answered."""

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
    """Returns once `event` is committed. Raises the database's errors."""
    await _writes.add(event)


def forget_connection() -> None:
    """The next events go over another, as that one has died, or is about to."""
    _connection.forget()


async def close() -> None:
    """The next event opens another connection."""
    await _connection.close()


async def _write(events: Sequence[Event]) -> list[Exception | None]:
    try:
        await _insert(events)
        return [None] * len(events)
    except UNAVAILABLE:
        raise
    except Error as error:
        # One event that the database does not take must not cost the others theirs.
        return [error] if len(events) == 1 else [(await _write([event]))[0] for event in events]


_writes: Batches[Event, None] = Batches(_write)


async def _insert(events: Sequence[Event]) -> None:
    rows = [{field.column: getattr(event, field.attname) for field in COLUMNS} for event in events]
    await _connection.run(_insertion(), [to_json(rows).decode()])


@cache
def _insertion() -> str:
    """Of any number of events: a row for each member of a list in JSON, so that there is one plan for all."""
    quote = django_connection.ops.quote_name
    table, names = quote(Event._meta.db_table), ", ".join(quote(str(field.column)) for field in COLUMNS)
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)"  # noqa: S608 - names of ours
