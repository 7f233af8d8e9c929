"""Detection of statements that would write to the database, before they are sent.

An execute wrapper of Django's reads each statement, which takes no round trip. It does not see statements of psycopg's
own cursors, database functions that write, and connections of other threads.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session as BrowserSession
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connections
from django.utils.module_loading import import_string

from accounts.models import Allowance, CacheEntry, Event
from mcp_api.errors import AuthorError
from mcp_api.models import Mail, Session

# Statements that only read, or set up the connection. All others may write.
READS = {
    *("SELECT", "WITH", "VALUES", "TABLE", "EXPLAIN", "SHOW", "DESCRIBE", "PRAGMA", "SET", "RESET"),
    *("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"),
    *("DECLARE", "FETCH", "MOVE", "CLOSE", "LISTEN", "UNLISTEN", "NOTIFY"),
}
# Text, quoted names and comments, in which no statement begins.
QUOTED = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|/\*.*?\*/""", re.DOTALL)
FIRST_WORD = re.compile(r"[\s(\"]*(\w+)")
# A writing statement within one that begins with WITH or EXPLAIN. `FOR UPDATE` does not match.
WITHIN = re.compile(
    r"[()]\s*(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b|\bANALY[SZ]E\b.*\b(?:INSERT|UPDATE|DELETE|MERGE|INTO)\b",
    re.IGNORECASE | re.DOTALL,
)
# PostgreSQL's SELECT … INTO, which creates a table.
INTO = re.compile(r"\bINTO\b", re.IGNORECASE)
MAY_BE_INTO = ("SELECT", "WITH", "TABLE", "VALUES")
# Syntax that PostgreSQL and SQLite read differently, so that QUOTED could hide a statement: $$…$$, E'…', U&'…', a quote
# after a backslash.
AMBIGUOUS = re.compile(r"""\$\w*\$|\b(?:E|U&)['"]|\\['"]""", re.IGNORECASE)
WRITING_WORD = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|TRUNCATE|CREATE|ALTER|DROP|GRANT|REVOKE|COPY|CALL|DO|VACUUM|REINDEX)\b",
    re.IGNORECASE,
)
# A PRAGMA of SQLite: its name, and the start of its argument.
PRAGMA = re.compile(r"\s*PRAGMA\s+(?:[\w\"]+\s*\.\s*)?(\w+)\s*([=(]?)", re.IGNORECASE)
# PRAGMAs that only read although they have an argument, and those that write without one.
PRAGMAS_THAT_READ = {
    *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
    *("foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"),
}
PRAGMAS_THAT_WRITE = {"optimize", "incremental_vacuum", "wal_checkpoint"}
# A statement and its table.
TARGET = re.compile(
    r"""\s*(INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+(?:["`]?\w+["`]?\.)?["`]?(\w+)""", re.IGNORECASE
)

# An INSERT that only adds rows.
ADDS = re.compile(r"INSERT\s+INTO", re.IGNORECASE)
REPLACES = re.compile(r"\bON\s+CONFLICT\b", re.IGNORECASE)


class WriteRefused(AuthorError):
    """A tool with `read_only=True` tried to write to the database."""

    def __init__(self, sql: str) -> None:
        found = TARGET.match(sql)
        what = f"{found[1].upper()} {found[2]}" if found else (_first_word(QUOTED.sub('""', sql)) or "a statement")
        super().__init__(
            f"The tool has read_only=True, and tried to write to the database ({what}). The statement was refused. "
            "Remove read_only=True: the tool then runs in a transaction, and is announced as one that changes data. "
            "If it only adds data, pass destructive=False."
        )


@contextmanager
def before_writes(act: Callable[[str], object]) -> Iterator[None]:
    """Call `act` with each statement of this thread that would write to a database. `act` may raise.

    Exceptions are writes to caches, sessions, rate limits and messages to other processes, and new events.
    """

    def look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
        if may_write(text) and not _is_incidental(text):
            act(text)
        return execute(sql, params, many, context)

    wrappers = [connections[alias].execute_wrappers for alias in connections]
    for each in wrappers:
        each.append(look)
    try:
        yield
    finally:
        for each in wrappers:
            each.remove(look)


def refuse(sql: str) -> None:
    """Raise WriteRefused; the `act` of tools with `read_only=True`."""
    raise WriteRefused(sql)


def may_write(sql: str) -> bool:
    """Return whether a statement in `sql` may write."""
    if sql.startswith("SELECT ") and ";" not in sql and "INTO" not in sql.upper():
        return False
    if _is_ambiguous(sql):
        # True if it could write in either database.
        return ";" in sql.rstrip("; \n\t") or WRITING_WORD.search(sql) is not None or _may_write(QUOTED.sub('""', sql))
    return any(_may_write(statement) for statement in QUOTED.sub('""', sql).split(";"))


def _may_write(statement: str) -> bool:
    first = _first_word(statement)
    if not first:
        return False
    if first == "PRAGMA":
        return _pragma_may_write(statement)
    if first in MAY_BE_INTO and INTO.search(statement) is not None:
        return True
    return first not in READS or (first in ("WITH", "EXPLAIN") and WITHIN.search(statement) is not None)


def _is_ambiguous(sql: str) -> bool:
    """Return whether databases may disagree about the ends of strings and comments. PostgreSQL's comments nest."""
    return sql.count("/*") > 1 or AMBIGUOUS.search(sql) is not None


def _pragma_may_write(statement: str) -> bool:
    found = PRAGMA.match(statement)
    if found is None:
        return True
    name = found[1].lower()
    return name in PRAGMAS_THAT_WRITE or (bool(found[2]) and name not in PRAGMAS_THAT_READ)


def _first_word(statement: str) -> str:
    found = FIRST_WORD.match(statement)
    return found[1].upper() if found else ""


def _is_incidental(sql: str) -> bool:
    """Return whether `sql` writes to a table of the server itself or of a cache. Of events, only an INSERT counts."""
    found = TARGET.match(sql)
    if found is None or ";" in sql:
        return False
    if found[2] == Event._meta.db_table:
        return ADDS.fullmatch(found[1]) is not None and REPLACES.search(QUOTED.sub('""', sql)) is None
    return found[2] in _incidental_tables()


def _incidental_tables() -> set[str]:
    models = (Allowance, CacheEntry, Mail, Session, BrowserSession)
    caches = (
        str(cache.get("LOCATION", ""))
        for cache in settings.CACHES.values()
        if issubclass(import_string(str(cache["BACKEND"])), BaseDatabaseCache)
    )
    return {*(model._meta.db_table for model in models), *(name.rpartition(".")[2].strip('"') for name in caches)}
