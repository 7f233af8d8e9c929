"""Quotas in the database, for all processes, by one atomic statement (GCRA, ITU-T I.371).

Each time moves a row's clock forward by what one costs; when the clock is a whole period ahead, it is enough. A refusal
writes nothing, and an allowance refills steadily rather than all at once.

On PostgreSQL the table is UNLOGGED (migration 0008): a count costs no write-ahead log and no wait for the disk, and
after a crash of the database everybody starts anew, which is no more than a limit forgotten for a minute.
"""

import time
from collections.abc import Sequence

from django.db import connection

from accounts.rate_limits.quota import Quota, QuotaStatus

# Both databases know the statement; whoever comes second while the first one commits, waits and sees its row.
SPEND = """
INSERT INTO accounts_allowance AS held (name, spent_until, period) VALUES {rows}
ON CONFLICT (name) DO UPDATE SET
    spent_until = CASE WHEN held.spent_until > %s THEN held.spent_until ELSE %s END + excluded.spent_until - %s,
    period = excluded.period
WHERE held.spent_until + excluded.spent_until - %s <= %s + excluded.period
RETURNING name, spent_until
"""
# What is whole again is the same as what is not there. Another process may hold a row at this moment: it is left.
TIDY = """
DELETE FROM accounts_allowance WHERE name IN (
    SELECT name FROM accounts_allowance WHERE spent_until < %s LIMIT {most} {locking}
)
"""
TIDY_SECONDS = 10
MOST_TIDIED = 50_000
GIVE_BACK = "UPDATE accounts_allowance SET spent_until = spent_until - %s WHERE name = %s"


def take(quotas: Sequence[Quota], counts: Sequence[int]) -> list[QuotaStatus]:
    """Take as many of each of `quotas` as `counts` says, and return how each stands.

    Where one is spent, nothing is taken of the others: whoever runs wild does not use up what many share.
    """
    now = time.time_ns() // 1000
    tidy_if_due()
    # In one order everywhere: two of them that wait for each other would be a deadlock.
    wanted = list(zip(quotas, counts, strict=True))
    rows = sorted((quota.row, now + quota.of(count) * quota.cost, quota.period) for quota, count in wanted)
    statement = SPEND.format(rows=", ".join(["(%s, %s, %s)"] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row] + [now] * 5)
        clocks: dict[str, int] = dict(cursor.fetchall())
    if len(clocks) < len(rows):
        for quota, count in wanted:
            if quota.row in clocks:
                refund(quota, count)
    return [_standing(quota, clocks.get(quota.row), count, now) for quota, count in wanted]


_tidied = time.monotonic()


def tidy_if_due() -> None:
    """Delete what is whole again, every few seconds in each process: strangers name what is counted."""
    global _tidied  # noqa: PLW0603 - one moment for the process
    # A transaction of the caller's would keep the rows locked.
    if time.monotonic() - _tidied >= TIDY_SECONDS and not connection.in_atomic_block:
        _tidied = time.monotonic()
        tidy()


def tidy() -> None:
    """Delete what is whole again."""
    locking = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(TIDY.format(most=MOST_TIDIED, locking=locking), [time.time_ns() // 1000])


def refund(quota: Quota, count: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [quota.of(count) * quota.cost, quota.row])


def _standing(quota: Quota, clock: int | None, count: int, now: int) -> QuotaStatus:
    if clock is None:
        return QuotaStatus(quota, False, 0, quota.of(count) * quota.cost)
    return QuotaStatus(quota, True, (now + quota.period - clock) // quota.cost, quota.cost)
