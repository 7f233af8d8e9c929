"""A connection to PostgreSQL for an event loop, with the parameters of Django's."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from psycopg import AsyncConnection

from accounts.db.statement import STALE_STATEMENT_ERRORS

Rows = list[tuple[Any, ...]]

# The time limit of a statement, after which the database counts as unavailable.
TIMEOUT_SECONDS = 30

# Django's wrapper, for the connection parameters and exceptions. It never connects; the usual `connection` would be
# created again for each task.
django_connection = connections.create_connection(DEFAULT_DB_ALIAS)


class LoopConnection:
    """A connection that opens at its first statement, and again after an error. Each statement commits on its own."""

    def __init__(self) -> None:
        self._raw: AsyncConnection[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_obsolete = False

    async def run(self, sql: str, values: Sequence[Any]) -> Rows:
        """Return the rows of a statement, which PostgreSQL prepares. Raises Django's database errors."""
        try:
            with django_connection.wrap_database_errors:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    return await self._run(sql, values)
        except TimeoutError as error:
            await self.close()
            raise OperationalError(f"no answer within {TIMEOUT_SECONDS} seconds") from error

    @property
    def is_open(self) -> bool:
        return self._raw is not None

    def forget(self) -> None:
        """Open a new connection for the next statement. A running one is not interrupted."""
        self._is_obsolete = True

    async def close(self) -> None:
        raw, self._raw, self._is_obsolete = self._raw, None, False
        if raw is not None:
            await raw.close()

    async def _run(self, sql: str, values: Sequence[Any]) -> Rows:
        try:
            return await self._execute(sql, values)
        except STALE_STATEMENT_ERRORS:
            # A migration changed the tables, so the statement must be prepared again. It has not been executed.
            await self.close()
            return await self._execute(sql, values)

    async def _execute(self, sql: str, values: Sequence[Any]) -> Rows:
        try:
            raw = await self._open()
            cursor = await raw.execute(sql, values, prepare=True)
            return await cursor.fetchall() if cursor.description else []
        except (psycopg.OperationalError, psycopg.InterfaceError):
            await self.close()
            raise

    async def _open(self) -> AsyncConnection[Any]:
        loop = asyncio.get_running_loop()
        if self._is_obsolete:
            await self.close()
        if self._raw is None or self._raw.closed or self._loop is not loop:
            self._loop = loop
            parameters = {**django_connection.get_connection_params(), "autocommit": True}
            # Django's cursor class, which is not asynchronous.
            parameters.pop("cursor_factory", None)
            self._raw = await AsyncConnection.connect(**parameters)
        return self._raw
