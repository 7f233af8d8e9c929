"""Pending fetches of this process: one at a time for each URL, each in a thread of its own.

A request for a URL waits for the pending fetch, or starts one where a slot is free. It waits in its own thread, so only
a few requests may wait at a time; the others get Busy.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread

from accounts.conf import conf
from accounts.db.connection_pool import release_connection
from accounts.fetching.concurrency import ConcurrencyLimit, Groups
from accounts.fetching.errors import Unavailable
from accounts.fetching.exchange import RETRY_AFTER_SECONDS, Exchange, Fetched

# Concurrent fetches in this process. A thread that waits for the network costs little.
SLOTS = 16
SLOTS_OF_HOST = 2
SLOTS_OF_DOMAIN = 4
# A requester has fewer slots than a host or a domain, so that no requester alone blocks one for others.
SLOTS_OF_REQUESTER = 2
SLOTS_OF_REQUESTER_AT_HOST = 1

slots = ConcurrencyLimit(SLOTS)


class Busy(Unavailable):
    """No slot is free, or too many requests are waiting."""

    def __init__(self) -> None:
        super().__init__(
            "Too many documents are being fetched at the moment. Try again shortly.", retry_after=RETRY_AFTER_SECONDS
        )


class PendingFetch:
    """A fetch that has not finished."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.result: Future[Fetched] = Future()

    def run(self) -> None:
        try:
            self.result.set_result(self.exchange.run())
        except BaseException as error:
            # The waiting requests raise it.
            self.result.set_exception(error)

    def wait(self) -> Fetched:
        """Return the result. Raises FetchError; Unavailable at the deadline, when it aborts the exchange."""
        try:
            return self.result.result(self.exchange.remaining)
        except TimeoutError:
            self.exchange.abort()
            raise Unavailable("The address does not respond in time.", retry_after=RETRY_AFTER_SECONDS) from None


_pending: dict[str, PendingFetch] = {}
_lock = Lock()


@cache
def waiting() -> ConcurrencyLimit:
    """Return the limit of requests that wait at a time."""
    return ConcurrencyLimit(conf.FETCH_WAITERS)


def fetch(url: str, *, requester: str) -> Fetched:
    """Return the document at `url`. Raises FetchError, Busy, and Unavailable where it does not respond in time."""
    exchange = Exchange(url)
    with waiting_slot(exchange.authority, requester=requester):
        pending = join(url, exchange, slot_groups(exchange, requester))
        release_connection()
        return pending.wait()


@contextmanager
def waiting_slot(host: str, *, requester: str) -> Iterator[None]:
    """Count a waiting request during the block; each group may have half of them. Raises Busy."""
    half = max(1, conf.FETCH_WAITERS // 2)
    with waiting().slot(dict.fromkeys(groups_of(host, requester), half)) as is_acquired:
        if not is_acquired:
            raise Busy
        yield


def slot_groups(exchange: Exchange, requester: str) -> Groups:
    most = (SLOTS_OF_HOST, SLOTS_OF_DOMAIN, SLOTS_OF_REQUESTER, SLOTS_OF_REQUESTER_AT_HOST)
    return dict(zip(groups_of(exchange.authority, requester), most, strict=True))


def groups_of(host: str, requester: str) -> tuple[str, str, str, str]:
    """Return the groups of a fetch: its host, its domain, its requester, and its requester at that host.

    The domain includes all hosts below it, since a wildcard record makes any number of hosts.
    """
    domain = ".".join(host.split(".")[-2:])
    return f"host {host}", f"domain {domain}", f"requester {requester}", f"requester {requester} at {host}"


def join(url: str, exchange: Exchange, groups: Groups) -> PendingFetch:
    """Return the pending fetch of `url`, or start one. Raises Busy."""
    with _lock:
        abort_overdue()
        if url in _pending:
            return _pending[url]
        if not slots.acquire(groups):
            raise Busy
        pending = _pending[url] = PendingFetch(exchange)
    try:
        Thread(target=_run, args=(url, pending, groups), name="fetch", daemon=True).start()
    except RuntimeError:
        # The system cannot start another thread.
        _end(url, groups)
        raise Busy from None
    return pending


def abort_overdue() -> None:
    """Abort fetches past their deadline that no request waits for. A waiting request does so itself."""
    for pending in _pending.values():
        if not pending.exchange.remaining:
            pending.exchange.abort()


def _run(url: str, pending: PendingFetch, groups: Groups) -> None:
    try:
        pending.run()
    finally:
        _end(url, groups)


def _end(url: str, groups: Groups) -> None:
    with _lock:
        del _pending[url]
    slots.release(groups)
