"""Proofs that were used, shared by all processes: each is accepted once (RFC 9449 section 11.1).

On PostgreSQL the table is UNLOGGED (migration 0036). After a crash of the database it is empty, so that a proof of the
last minutes could be used once more, together with its token.
"""

import time
from datetime import timedelta

from django.db import connection

from accounts import background
from accounts.db.statement import Statement
from accounts.dpop import nonces, proofs
from accounts.dpop.errors import InvalidProof
from accounts.models import UsedProof

TABLE = UsedProof._meta.db_table
MOST_DELETED = 50_000
INSERT = Statement(
    f"INSERT INTO {TABLE} (identifier, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING identifier"  # noqa: S608 - a name of the model
)
DELETE_EXPIRED = (
    f"DELETE FROM {TABLE} WHERE identifier IN "  # noqa: S608 - a name of the model
    f"(SELECT identifier FROM {TABLE} WHERE expires_at < %s LIMIT {MOST_DELETED} {{locking}})"
)
# After this time a proof is refused for its age. A nonce lasts as long as a proof without one.
KEPT = max(proofs.MOST_AGE + proofs.MOST_AHEAD, nonces.LIFETIME) + timedelta(seconds=10)
DELETION_SECONDS = 10

_deleted_at = time.monotonic()


def use(proof: proofs.Proof) -> None:
    """Store that `proof` was used. Raises InvalidProof where it was used before, in any process.

    In a transaction, a concurrent request with the same proof waits for its end.
    """
    if not connection.in_atomic_block:
        delete_expired_if_due()
    if INSERT.first([proof.identifier, expiry()]) is None:
        raise used_before()


def used_before() -> InvalidProof:
    return InvalidProof("It was used before: each request needs a proof with a jti of its own.")


def expiry() -> int:
    """Return when a proof that is used now can be forgotten, in seconds since 1970."""
    return int(time.time() + KEPT.total_seconds()) + 1


def delete_expired_if_due() -> None:
    """Delete expired rows in the background, every few seconds in each process.

    Event loops call it, so it must not use Django's connection: the request would keep one, which a stream closes, and
    nothing in an event loop may close it.
    """
    global _deleted_at  # noqa: PLW0603 - one time for the process
    if time.monotonic() - _deleted_at >= DELETION_SECONDS:
        _deleted_at = time.monotonic()
        background.run_in_background(delete_expired)


def delete_expired() -> None:
    """Delete expired rows, at most MOST_DELETED. Rows that another process deletes are left to it."""
    locking = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_EXPIRED.format(locking=locking), [int(time.time())])
