"""Lookup of the tokens of concurrent requests by one query, for the event loop."""

from collections.abc import Sequence
from functools import cache

from accounts.audit import async_writer
from accounts.crypto.token_values import checksum
from accounts.db.async_connection import LoopConnection, Rows, django_connection
from accounts.db.batches import Batches
from accounts.db.errors import UNAVAILABLE
from accounts.db.prepared_query import CompiledQuery
from accounts.models import AccessToken, hides_people
from accounts.resource_server.bearer import tokens

_connection = LoopConnection()


# The checksums of a token and of its request's session; "" without a session.
Lookup = tuple[str, str]


async def find_token(value: str, session_id: str | None = None) -> AccessToken | None:
    """Return the row of the token with that value, read after this call, as bearer.find_token does.

    The object is new, and not shared between requests with the same token. Raises database errors.
    """
    return await _lookups.add((checksum(value), checksum(session_id) if session_id is not None else ""))


async def _find(lookups: Sequence[Lookup]) -> list[AccessToken | None]:
    tokens = list(dict.fromkeys(token for token, _ in lookups))
    sessions = list(dict.fromkeys(session for _, session in lookups if session))
    make_query = _Query if hides_people() else _query
    query = make_query(_power_of_two(len(tokens)), _power_of_two(len(sessions)))
    rows = await _rows(query, [*_padded(tokens, query.token_count), *_padded(sessions, query.session_count)])
    return [query.instance(token, session, rows) for token, session in lookups]


_lookups: Batches[Lookup, AccessToken | None] = Batches(_find)


async def close() -> None:
    """Close the connection. The next lookup opens another one."""
    await _connection.close()


class _Query:
    """A query for a number of tokens and a number of sessions."""

    def __init__(self, token_count: int, session_count: int) -> None:
        self.token_count, self.session_count = token_count, session_count
        placeholders = [f"\x00{position}" for position in range(token_count + session_count)]
        # Without sessions, there is no join.
        sessions = placeholders[token_count:] if session_count else None
        queryset = tokens(sessions=sessions, token_checksum__in=placeholders[:token_count])
        self.compiled = CompiledQuery(queryset, django_connection)
        self.checksum = self.compiled.start + self.compiled.names.index("token_checksum")
        self.session = self.compiled.annotations.get("session_checksum")
        self._position_of = {placeholder: position for position, placeholder in enumerate(placeholders)}

    def instance(self, token: str, session: str, rows: Rows) -> AccessToken | None:
        """Return the token with that checksum, and its session, or no session where that checksum is unknown."""
        own = [row for row in rows if row[self.checksum] == token]
        if not own:
            return None
        if self.session is None:
            found: AccessToken = self.compiled.instance(own[0])
            return found
        row = next((row for row in own if row[self.session] == session), None)
        found = self.compiled.instance(row or own[0])
        if row is None:
            found.session_checksum = None  # type: ignore[attr-defined] # an annotation
        return found

    def values(self, checksums: Sequence[str]) -> list[object]:
        return [
            checksums[self._position_of[parameter]] if parameter in self._position_of else parameter
            for parameter in self.compiled.parameters
        ]


# Counts are rounded up to powers of two, so that PostgreSQL keeps only few plans.
_query = cache(_Query)


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length() if count else 0


def _padded(checksums: list[str], count: int) -> list[str]:
    """Return `checksums` repeated at the end up to `count`."""
    return [*checksums, *checksums[-1:] * (count - len(checksums))]


async def _rows(query: _Query, checksums: Sequence[str]) -> Rows:
    """Return the rows. Where an open connection turns out to be broken, the query is made once more on a new one."""
    values = query.values(checksums)
    if _connection.is_open:
        try:
            return await _connection.run(query.compiled.sql, values)
        except UNAVAILABLE:
            # The audit log's connection has probably broken for the same reason.
            async_writer.forget_connection()
    return await _connection.run(query.compiled.sql, values)
