"""The tokens that several requests present at once are looked up by one query."""

from collections.abc import Sequence
from functools import cache

from accounts.audit import async_writer
from accounts.crypto.token_values import checksum
from accounts.db.async_connection import LoopConnection, Rows, django
from accounts.db.batches import Batches
from accounts.db.errors import UNAVAILABLE
from accounts.db.prepared_query import CompiledQuery
from accounts.models import AccessToken
from accounts.resource_server.bearer import tokens

_connection = LoopConnection()


# The checksums of a token and of the session that its request names; without one, an empty text.
Presented = tuple[str, str]


async def find_token(presented: str, session_id: str | None = None) -> AccessToken | None:
    """Return the row of a token, read after this was called, as accounts.resource_server.bearer.find_token does.

    It is the caller's own, shared with nobody who presents the same. Raises the database's errors.
    """
    return await _lookups.add((checksum(presented), checksum(session_id) if session_id is not None else ""))


async def _find(presented: Sequence[Presented]) -> list[AccessToken | None]:
    tokens = list(dict.fromkeys(token for token, _ in presented))
    sessions = list(dict.fromkeys(session for _, session in presented if session))
    query = _query(_enough_for(len(tokens)), _enough_for(len(sessions)))
    rows = await _rows(query, [*_filled(tokens, query.places), *_filled(sessions, query.session_places)])
    return [query.instance(token, session, rows) for token, session in presented]


_lookups: Batches[Presented, AccessToken | None] = Batches(_find)


async def close() -> None:
    """The next lookup opens another connection."""
    await _connection.close()


class _Query:
    """The query for so many tokens at once, and so many sessions."""

    def __init__(self, places: int, session_places: int) -> None:
        self.places, self.session_places = places, session_places
        stand_ins = [f"\x00{place}" for place in range(places + session_places)]
        # Those of no session are not joined to any.
        joined = stand_ins[places:] if session_places else None
        self.compiled = CompiledQuery(tokens(sessions=joined, token_checksum__in=stand_ins[:places]), django)
        self.checksum = self.compiled.start + self.compiled.names.index("token_checksum")
        self.session = self.compiled.annotations.get("session_checksum")
        self._place_of = {stand_in: place for place, stand_in in enumerate(stand_ins)}

    def instance(self, token: str, session: str, rows: Rows) -> AccessToken | None:
        """Return the token of that checksum, with that session; where there is no such session, without any."""
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
            checksums[self._place_of[parameter]] if parameter in self._place_of else parameter
            for parameter in self.compiled.parameters
        ]


# One for each power of two: PostgreSQL keeps the plan of each.
_query = cache(_Query)


def _enough_for(count: int) -> int:
    return 1 << (count - 1).bit_length() if count else 0


def _filled(checksums: list[str], places: int) -> list[str]:
    """Return as many as there are places: those that are left over ask for the last one again."""
    return [*checksums, *checksums[-1:] * (places - len(checksums))]


async def _rows(query: _Query, checksums: Sequence[str]) -> Rows:
    """A kept connection may have died since: it is found out by the query itself, which is then made once more."""
    values = query.values(checksums)
    if _connection.is_open:
        try:
            return await _connection.run(query.compiled.sql, values)
        except UNAVAILABLE:
            # Whatever ended it has ended the trail's too.
            async_writer.forget_connection()
    return await _connection.run(query.compiled.sql, values)
