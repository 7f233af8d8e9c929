"""The tokens that several requests present at once are looked up by one query."""

from collections.abc import Sequence
from functools import cache

from accounts.bearer import tokens
from accounts.endpoints import UNAVAILABLE
from accounts.event_loop import trail
from accounts.event_loop.batches import Batches
from accounts.event_loop.loop_connection import LoopConnection, Rows, django
from accounts.models import AccessToken
from accounts.prepared_query import CompiledQuery
from accounts.tokens import checksum

_connection = LoopConnection()


async def find_token(presented: str) -> AccessToken | None:
    """The row of a token, read after this was called, with all that accounts.bearer asks of it. It is the caller's own,
    shared with nobody who presents the same. Raises the database's errors.
    """
    return await _lookups.add(checksum(presented))


async def _find(checksums: Sequence[str]) -> list[AccessToken | None]:
    distinct = list(dict.fromkeys(checksums))
    query = _query(_enough_for(len(distinct)))
    # Places that are left over ask for the last one again.
    rows = await _rows(query, [*distinct, *distinct[-1:] * (query.places - len(distinct))])
    found = {str(row[query.checksum]): row for row in rows}
    return [query.compiled.instance(found[each]) if each in found else None for each in checksums]


_lookups: Batches[str, AccessToken | None] = Batches(_find)


async def close() -> None:
    """The next lookup opens another connection."""
    await _connection.close()


class _Query:
    """For so many tokens at once."""

    def __init__(self, places: int) -> None:
        self.places = places
        stand_ins = [f"\x00{place}" for place in range(places)]
        self.compiled = CompiledQuery(tokens(token_checksum__in=stand_ins), django)
        self.checksum = self.compiled.start + self.compiled.names.index("token_checksum")
        self._place_of = {stand_in: place for place, stand_in in enumerate(stand_ins)}

    def values(self, checksums: Sequence[str]) -> list[object]:
        return [
            checksums[self._place_of[parameter]] if parameter in self._place_of else parameter
            for parameter in self.compiled.parameters
        ]


# One for each power of two: PostgreSQL keeps the plan of each.
_query = cache(_Query)


def _enough_for(count: int) -> int:
    return 1 << (count - 1).bit_length()


async def _rows(query: _Query, checksums: Sequence[str]) -> Rows:
    """A kept connection may have died since: it is found out by the query itself, which is then made once more."""
    values = query.values(checksums)
    if _connection.is_open:
        try:
            return await _connection.run(query.compiled.sql, values)
        except UNAVAILABLE:
            # Whatever ended it has ended the trail's too.
            trail.forget_connection()
    return await _connection.run(query.compiled.sql, values)
