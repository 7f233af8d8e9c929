"""So much of something in so much time, counted for all processes by one atomic statement (GCRA, ITU-T I.371).

Each time moves a row's clock forward by what one costs; when the clock is a whole period ahead, it is enough. A refusal
writes nothing, and an allowance refills steadily rather than all at once.
"""

import math
import time
from datetime import timedelta

from django.db import connection

# Both databases know the statement; whoever comes second while the first one commits, waits and sees its row.
SPEND = """
INSERT INTO accounts_allowance AS held (name, spent_until) VALUES (%(name)s, %(now)s + %(cost)s)
ON CONFLICT (name) DO UPDATE
SET spent_until = CASE WHEN held.spent_until > %(now)s THEN held.spent_until ELSE %(now)s END + %(cost)s
WHERE held.spent_until + %(cost)s <= %(now)s + %(period)s
RETURNING spent_until
"""


class Spent(Exception):
    """There is nothing left of it; `retry_after` is in how many seconds there will be."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Try again in {retry_after} second{'' if retry_after == 1 else 's'}.")
        self.retry_after = retry_after


def spend(name: str, *, at_most: int, period: timedelta) -> int:
    """Take one from the allowance `name` of `at_most` in a `period`; returns how many are left. Raises Spent.

    To be called outside a transaction that may be rolled back, or last long: it would hold everybody else up.
    """
    length = period // timedelta(microseconds=1)
    cost = max(1, length // at_most)
    now = time.time_ns() // 1000
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"name": name, "now": now, "cost": cost, "period": length})
        row = cursor.fetchone()
    if row is None:
        raise Spent(math.ceil(cost / 1_000_000))
    return int((now + length - row[0]) // cost)
