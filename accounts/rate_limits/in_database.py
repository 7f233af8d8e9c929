"""Quotas in the database, for all processes, by one atomic statement (GCRA, ITU-T I.371).

Each request moves the time in its row forward by its cost. It is refused where that time would be more than a period
ahead. A refusal writes nothing, and an allowance refills steadily rather than at once.

On PostgreSQL the table is UNLOGGED (migration 0008), so that counting writes no write-ahead log. After a crash of the
database all counts start from 0, which matters for at most a period.
"""

import time
from collections.abc import Sequence

from django.db import connection

from accounts.rate_limits.quota import Quota, QuotaStatus

# PostgreSQL and SQLite support it. A concurrent statement waits for the commit and sees the row.
HIT = """
INSERT INTO oauth_mcp_allowance AS held (name, spent_until, period) VALUES {rows}
ON CONFLICT (name) DO UPDATE SET
    spent_until = CASE WHEN held.spent_until > %s THEN held.spent_until ELSE %s END + excluded.spent_until - %s,
    period = excluded.period
WHERE held.spent_until + excluded.spent_until - %s <= %s + excluded.period
RETURNING name, spent_until
"""
# A refilled allowance is equal to a missing row. Rows that another transaction has locked are left.
DELETE_REFILLED = """
DELETE FROM oauth_mcp_allowance WHERE name IN (
    SELECT name FROM oauth_mcp_allowance WHERE spent_until < %s LIMIT {most} {locking}
)
"""
DELETION_SECONDS = 10
MOST_DELETED = 50_000
REFUND = "UPDATE oauth_mcp_allowance SET spent_until = spent_until - %s WHERE name = %s"


def take(quotas: Sequence[Quota], counts: Sequence[int]) -> list[QuotaStatus]:
    """Count the number of requests in `counts` for each of `quotas`, and return the statuses.

    Where one would be exceeded, nothing is counted for the others, so that a client beyond its own limit does not use
    up a shared one.
    """
    now = time.time_ns() // 1000
    delete_refilled_if_due()
    # Always in the same order, since two statements could otherwise deadlock.
    requested = list(zip(quotas, counts, strict=True))
    rows = sorted((quota.row, now + quota.capped(count) * quota.cost, quota.period) for quota, count in requested)
    statement = HIT.format(rows=", ".join(["(%s, %s, %s)"] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row] + [now] * 5)
        clocks: dict[str, int] = dict(cursor.fetchall())
    if len(clocks) < len(rows):
        for quota, count in requested:
            if quota.row in clocks:
                refund(quota, count)
    return [_status(quota, clocks.get(quota.row), count, now) for quota, count in requested]


_deleted_at = time.monotonic()


def delete_refilled_if_due() -> None:
    """Delete refilled allowances, every few seconds in each process: clients can choose ever new keys."""
    global _deleted_at  # noqa: PLW0603 - one time for the process
    # A transaction of the caller would keep the rows locked.
    if time.monotonic() - _deleted_at >= DELETION_SECONDS and not connection.in_atomic_block:
        _deleted_at = time.monotonic()
        delete_refilled()


def delete_refilled() -> None:
    """Delete refilled allowances."""
    locking = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_REFILLED.format(most=MOST_DELETED, locking=locking), [time.time_ns() // 1000])


def refund(quota: Quota, count: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFUND, [quota.capped(count) * quota.cost, quota.row])


def _status(quota: Quota, clock: int | None, count: int, now: int) -> QuotaStatus:
    if clock is None:
        return QuotaStatus(quota, False, 0, quota.capped(count) * quota.cost)
    return QuotaStatus(quota, True, (now + quota.period - clock) // quota.cost, quota.cost)
