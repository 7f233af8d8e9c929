"""A connection to PostgreSQL of the event loop's own, with the settings of Django's."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from psycopg import AsyncConnection

from accounts.db.statement import FORGOTTEN

Rows = list[tuple[Any, ...]]

# Beyond that it does not answer: whoever waits for a batch is not to wait for ever.
TIMEOUT_SECONDS = 30

# What Django knows of the database, for its parameters and its names of errors. It never connects itself; the usual
# `connection` would be made anew for each task.
django = connections.create_connection(DEFAULT_DB_ALIAS)


class LoopConnection:
    """Opened when it is first needed, and again once it broke. One statement at a time, each committed by itself."""

    def __init__(self) -> None:
        self._raw: AsyncConnection[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._forgotten = False

    async def run(self, sql: str, values: Sequence[Any]) -> Rows:
        """The rows of a statement, whose plan PostgreSQL keeps. Raises the database's errors, as Django names them."""
        try:
            with django.wrap_database_errors:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    return await self._run(sql, values)
        except TimeoutError as error:
            await self.close()
            raise OperationalError(f"no answer within {TIMEOUT_SECONDS} seconds") from error

    @property
    def is_open(self) -> bool:
        return self._raw is not None

    def forget(self) -> None:
        """Let the next statement open another. One that is under way is left in peace."""
        self._forgotten = True

    async def close(self) -> None:
        raw, self._raw, self._forgotten = self._raw, None, False
        if raw is not None:
            await raw.close()

    async def _run(self, sql: str, values: Sequence[Any]) -> Rows:
        try:
            return await self._execute(sql, values)
        except FORGOTTEN:
            # A migration changed the tables, for which another connection makes another plan. Nothing was done yet.
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
        if self._forgotten:
            await self.close()
        if self._raw is None or self._raw.closed or self._loop is not loop:
            self._loop = loop
            parameters = {**django.get_connection_params(), "autocommit": True}
            # Of another kind, for Django's own cursors.
            parameters.pop("cursor_factory", None)
            self._raw = await AsyncConnection.connect(**parameters)
        return self._raw
