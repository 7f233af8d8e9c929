"""The same for an event loop (replays.py): one statement stores the proofs of several requests."""

from collections.abc import Sequence

from accounts.db.async_connection import LoopConnection, Rows
from accounts.db.batches import Batches
from accounts.db.errors import UNAVAILABLE
from accounts.dpop.proofs import Proof
from accounts.dpop.replays import TABLE, delete_expired_if_due, expiry, used_before

INSERT = f"""
INSERT INTO {TABLE} (identifier, expires_at) SELECT unnest(%s::text[]), %s::bigint
ON CONFLICT DO NOTHING RETURNING identifier
"""

_connection = LoopConnection()


async def use(proof: Proof) -> None:
    """Store that `proof` was used. Raises InvalidProof where it was used before, and the database's errors."""
    delete_expired_if_due()
    await _uses.add(proof.identifier)


async def close() -> None:
    """Close the connection. The next proof opens another one."""
    await _connection.close()


async def _use(identifiers: Sequence[str]) -> list[Exception | None]:
    # In the same order always: two processes with the same proofs would otherwise deadlock.
    rows = await _insert([sorted(set(identifiers)), expiry()])
    unused, outcomes = {identifier for (identifier,) in rows}, list[Exception | None]()
    for identifier in identifiers:
        outcomes.append(None if identifier in unused else used_before())
        # Of several requests with one proof, the first is accepted.
        unused.discard(identifier)
    return outcomes


async def _insert(values: Sequence[object]) -> Rows:
    """Return the stored identifiers. Where an open connection is broken, they are stored by a new one."""
    if _connection.is_open:
        try:
            return await _connection.run(INSERT, values)
        except UNAVAILABLE:
            pass
    return await _connection.run(INSERT, values)


_uses: Batches[str, None] = Batches(_use)
