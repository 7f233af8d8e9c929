"""SQL statements that are prepared once and executed with different values."""

import threading
from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg import Connection, OperationalError, errors, pq
from psycopg.adapt import Transformer

from accounts.conf import conf

# PostgreSQL's errors for a statement that is not prepared, or was prepared before a change of its tables.
STALE_STATEMENT_ERRORS = (errors.InvalidSqlStatementName, errors.FeatureNotSupported)

_names: "WeakKeyDictionary[Connection[Any], dict[str, bytes]]" = WeakKeyDictionary()
_numbers = count()
_lock = threading.Lock()


class Statement:
    """`sql` has a `%s` for each value, and no other percent sign.

    On PostgreSQL each connection prepares it once (libpq's PQprepare), so that it is not sent and planned each time.
    Inside a transaction, and where queries are logged, it is executed by Django's cursor.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._numbered = _numbered(sql).encode()

    def first(self, values: Sequence[Any]) -> tuple[Any, ...] | None:
        """Return the first row of the result. Raises Django's database errors."""
        if not _is_direct():
            with connection.cursor() as cursor:
                cursor.execute(self.sql, values)
                row: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
                return row
        connection.ensure_connection()
        with connection.wrap_database_errors:
            try:
                return self._first(connection.connection, values)
            except STALE_STATEMENT_ERRORS:
                _names_of(connection.connection).pop(self.sql, None)
                return self._first(connection.connection, values)

    def _first(self, raw: "Connection[Any]", values: Sequence[Any]) -> tuple[Any, ...] | None:
        name = _names_of(raw).get(self.sql) or self._prepare(raw)
        texts = [None if value is None else str(value).encode() for value in values]
        result = raw.pgconn.exec_prepared(name, texts)  # type: ignore[arg-type] # None is NULL, which the types leave out
        _check(raw, result)
        if not result.ntuples:
            return None
        transformer = Transformer(raw)
        transformer.set_pgresult(result)
        return transformer.load_row(0, tuple)

    def _prepare(self, raw: "Connection[Any]") -> bytes:
        name = f"mcp_{next(_numbers)}".encode()
        _check(raw, raw.pgconn.prepare(name, self._numbered))
        _names_of(raw)[self.sql] = name
        return name


def _is_direct() -> bool:
    if connection.vendor != "postgresql" or not conf.PREPARED_STATEMENTS:
        return False
    return not (connection.in_atomic_block or connection.queries_logged or connection.execute_wrappers)


def _names_of(raw: "Connection[Any]") -> dict[str, bytes]:
    with _lock:
        return _names.setdefault(raw, {})


def _check(raw: "Connection[Any]", result: pq.abc.PGresult) -> None:
    if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        return
    if raw.pgconn.status == pq.ConnStatus.BAD:
        raise OperationalError(result.get_error_message())
    raise errors.error_from_result(result, encoding=raw.info.encoding)


def _numbered(sql: str) -> str:
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
