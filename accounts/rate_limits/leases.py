"""Blocks of calls that a process leases from the shared count, so that most calls are counted in memory.

    statuses = leases.hit_locally(*quotas)       # no database, no Redis, no thread
    if statuses is None:
        statuses = leases.hit(*quotas)           # leases the next block from the shared count; raises RateLimitExceeded

A whole block is counted when it is leased, so all processes together allow at most the limit and one block of each
process, which was left from before the window. A block expires after a minute, or after the limit's own period where
that is shorter. Its remaining calls are not refunded: a process that no longer serves the client costs it at most one
block.

Limits below twice `SHARE` are exact: their block would be a single call, so each call uses the shared count.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from accounts.db.writer_lock import WriterBusy, brief_wait
from accounts.rate_limits import counting
from accounts.rate_limits.quota import SECOND, Quota, QuotaStatus

# A block is at most this share of the limit (one fiftieth), and at most MOST_CALLS.
SHARE = 50
MOST_CALLS = 500
# The first block of a client is smaller by this factor, since most make only a few calls. Later ones double.
FIRST_SHARE = 4
LIFETIME_SECONDS = 60
# For this time after a refusal, each call uses the shared count.
EXACT_SECONDS = 1
# Blocks in memory. Clients can bring ever new addresses, so the least recently used blocks are dropped.
MOST_BLOCKS = 10_000


# The key of a block: name, key and limit of a quota. The hash of the quota itself would take longer.
Key = tuple[str, str, int]


def _key_of(quota: Quota) -> Key:
    return quota.name, quota.key, quota.rate.amount


@dataclass(slots=True)
class Block:
    """`left` of `size` calls, until `ends_at`. When it was leased, `others` were left in the shared count."""

    size: int
    left: int
    others: int
    wait: int
    leased_at: float
    ends_at: float


class Leases:
    """The blocks of a process. Thread-safe; no lock is held during access to the shared count."""

    def __init__(self, most_blocks: int = MOST_BLOCKS) -> None:
        self.most_blocks = most_blocks
        self._blocks: OrderedDict[Key, Block] = OrderedDict()
        # Quotas of which a thread is leasing a block. Other threads do not wait for it, and count their calls alone.
        self._leasing: set[Quota] = set()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._blocks)

    def hit_locally(self, *quotas: Quota, count: int = 1) -> list[QuotaStatus] | None:
        """Count `count` calls for each of `quotas` from the blocks in memory, and return the statuses.

        Returns None, and counts nothing, where one of the blocks has too few calls.
        """
        with self._lock:
            now = time.monotonic()
            blocks = []
            for quota in quotas:
                block = self._usable(quota, count, now)
                if block is None:
                    return None
                blocks.append((quota, block))
            return [self._take(quota, block, count, now) for quota, block in blocks]

    def hit(self, *quotas: Quota, count: int = 1) -> list[QuotaStatus]:
        """Count `count` calls for each of `quotas`, leasing blocks where needed. Raises RateLimitExceeded.

        Must not be called inside a transaction that may be rolled back, as counting.hit.
        """
        with self._lock:
            now = time.monotonic()
            usable = {quota: block for quota in quotas if (block := self._usable(quota, count, now)) is not None}
            statuses = {quota: self._take(quota, block, count, now) for quota, block in usable.items()}
            lacking = [quota for quota in quotas if quota not in usable]
            sizes = [self._next_size(quota, count, now) for quota in lacking]
            leased = {quota for quota, size in zip(lacking, sizes, strict=True) if size > count}
            self._leasing |= leased
        try:
            statuses |= self._lease(lacking, sizes, count)
        except BaseException:
            with self._lock:
                for block in usable.values():
                    block.left += count
            raise
        finally:
            with self._lock:
                self._leasing -= leased
        return [statuses[quota] for quota in quotas]

    def forget(self) -> None:
        """Drop all blocks."""
        with self._lock:
            self._blocks.clear()

    def _lease(self, quotas: Sequence[Quota], sizes: Sequence[int], count: int) -> dict[Quota, QuotaStatus]:
        """Lease blocks of `sizes`, count `count` calls, and return the statuses. Raises RateLimitExceeded."""
        statuses = _take_briefly(quotas, sizes)
        refused = [(taken.quota, size) for taken, size in zip(statuses, sizes, strict=False) if not taken.granted]
        if refused and all(size > count for _, size in refused):
            # Less than a block is left, but it may be enough for this call.
            self._count_exactly([quota for quota, _ in refused])
            sizes = [count] * len(quotas)
            statuses = _take_briefly(quotas, sizes)
        counting.require_granted(statuses)
        leased = zip(quotas, sizes, statuses, strict=True)
        return {quota: self._keep(status, size, count) for quota, size, status in leased}

    def _usable(self, quota: Quota, count: int, now: float) -> Block | None:
        """Return the block of `quota`, if it has `count` calls."""
        block = self._blocks.get(_key_of(quota))
        # A block always has fewer calls than the limit, so a `count` beyond the limit never fits.
        return block if block is not None and count <= block.left and now < block.ends_at else None

    def _take(self, quota: Quota, block: Block, count: int, now: float) -> QuotaStatus:
        self._blocks.move_to_end(_key_of(quota))
        block.left -= count
        wait = max(1, block.wait - int((now - block.leased_at) * SECOND))
        return QuotaStatus(quota, True, block.others + block.left, wait)

    def _next_size(self, quota: Quota, count: int, now: float) -> int:
        """Return the size of the block to lease, of which `count` calls are used at once."""
        most = min(quota.limit // SHARE, MOST_CALLS)
        if most <= count or quota in self._leasing:
            return count
        last = self._blocks.get(_key_of(quota))
        if last is None or last.ends_at <= now:
            return max(count, most // FIRST_SHARE)
        return max(count, min(most, 2 * last.size))

    def _keep(self, status: QuotaStatus, size: int, count: int) -> QuotaStatus:
        """Store a block of `size` calls, of which `count` are used at once, and return the status of its quota."""
        if size <= count:
            return status
        now = time.monotonic()
        ends_at = now + min(LIFETIME_SECONDS, status.quota.seconds)
        block = Block(size, size - count, status.remaining, status.wait, now, ends_at)
        self._put(status.quota, block)
        return QuotaStatus(status.quota, True, block.others + block.left, block.wait)

    def _count_exactly(self, quotas: Sequence[Quota]) -> None:
        """Count the calls of `quotas` one by one for EXACT_SECONDS: the size of the next block is twice this one, 0."""
        now = time.monotonic()
        for quota in quotas:
            self._put(quota, Block(0, 0, 0, 0, now, now + EXACT_SECONDS))

    def _put(self, quota: Quota, block: Block) -> None:
        key = _key_of(quota)
        with self._lock:
            self._blocks[key] = block
            self._blocks.move_to_end(key)
            if len(self._blocks) > self.most_blocks:
                self._blocks.popitem(last=False)


def _take_briefly(quotas: Sequence[Quota], counts: Sequence[int]) -> list[QuotaStatus]:
    """Count as counting.take. While another connection holds SQLite's write lock, grant the calls without counting."""
    try:
        with brief_wait():
            return counting.take(quotas, counts)
    except WriterBusy:
        return [
            QuotaStatus(quota, True, max(0, quota.limit - count), quota.cost)
            for quota, count in zip(quotas, counts, strict=True)
        ]


_of_this_process = Leases()
hit_locally = _of_this_process.hit_locally
hit = _of_this_process.hit
forget = _of_this_process.forget
