"""A connection to PostgreSQL of the event loop's own, with the settings of Django's."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import AsyncConnection

Rows = list[tuple[Any, ...]]

# What Django knows of the database, for its parameters and its names of errors. It never connects itself; the usual
# `connection` would be made anew for each task.
django = connections.create_connection(DEFAULT_DB_ALIAS)


class LoopConnection:
    """Opened when it is first needed, and again once it broke. One statement at a time, each committed by itself."""

    def __init__(self) -> None:
        self._raw: AsyncConnection[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, sql: str, values: Sequence[Any]) -> Rows:
        """The rows of a statement, whose plan PostgreSQL keeps. Raises the database's errors, as Django names them."""
        with django.wrap_database_errors:
            try:
                raw = await self._open()
                cursor = await raw.execute(sql, values, prepare=True)
                return await cursor.fetchall() if cursor.description else []
            except (psycopg.OperationalError, psycopg.InterfaceError):
                await self.close()
                raise

    @property
    def is_open(self) -> bool:
        return self._raw is not None

    async def close(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            await raw.close()

    async def _open(self) -> AsyncConnection[Any]:
        loop = asyncio.get_running_loop()
        if self._raw is None or self._raw.closed or self._loop is not loop:
            self._loop = loop
            parameters = {**django.get_connection_params(), "autocommit": True}
            # Of another kind, for Django's own cursors.
            parameters.pop("cursor_factory", None)
            self._raw = await AsyncConnection.connect(**parameters)
        return self._raw
