"""Fetches under way in this process: one for each URL at a time, each in a thread of its own.

A request that asks for a URL waits for the fetch that is under way, or begins one where a slot is free.
It waits in its own thread, so only few requests may wait at a time; the others are told to come back.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread

from accounts.conf import conf
from accounts.db.connection_pool import release_connection
from accounts.fetching.bounds import Bounds, Groups
from accounts.fetching.errors import Unavailable
from accounts.fetching.exchange import RETRY_AFTER_SECONDS, Exchange, Fetched

# Fetches at a time in this process. A thread that waits for the network costs little.
SLOTS = 16
SLOTS_OF_HOST = 2
SLOTS_OF_DOMAIN = 4
# One who asks has fewer than a host or a domain has, so that nobody alone keeps others from it.
SLOTS_OF_ASKER = 2
SLOTS_OF_ASKER_AT_HOST = 1

slots = Bounds(SLOTS)


class Busy(Unavailable):
    """No slot is free, or too many requests wait already."""

    def __init__(self) -> None:
        super().__init__("Too much is being fetched just now. Try again shortly.", retry_after=RETRY_AFTER_SECONDS)


class Flight:
    """A fetch under way."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.result: Future[Fetched] = Future()

    def run(self) -> None:
        try:
            self.result.set_result(self.exchange.run())
        except BaseException as error:
            # The requests that wait raise it.
            self.result.set_exception(error)

    def wait(self) -> Fetched:
        """The result. Raises FetchError; Unavailable at the deadline, and ends the exchange."""
        try:
            return self.result.result(self.exchange.remaining)
        except TimeoutError:
            self.exchange.abort()
            raise Unavailable("The address does not answer in time.", retry_after=RETRY_AFTER_SECONDS) from None


_flights: dict[str, Flight] = {}
_lock = Lock()


@cache
def waiting() -> Bounds:
    """The requests that may wait at a time."""
    return Bounds(conf.FETCH_WAITERS)


def fetch(url: str, *, asked_by: str) -> Fetched:
    """Return what is at `url`. Raises FetchError, Busy, and Unavailable where it does not answer in time."""
    exchange = Exchange(url)
    with place_to_wait(exchange.authority, asked_by=asked_by):
        flight = join(url, exchange, slot_groups(exchange, asked_by))
        release_connection()
        return flight.wait()


@contextmanager
def place_to_wait(host: str, *, asked_by: str) -> Iterator[None]:
    """Count a request among those that wait, of which each group has half at most. Raises Busy."""
    half = max(1, conf.FETCH_WAITERS // 2)
    with waiting().place(dict.fromkeys(groups_of(host, asked_by), half)) as has_place:
        if not has_place:
            raise Busy
        yield


def slot_groups(exchange: Exchange, asked_by: str) -> Groups:
    most = (SLOTS_OF_HOST, SLOTS_OF_DOMAIN, SLOTS_OF_ASKER, SLOTS_OF_ASKER_AT_HOST)
    return dict(zip(groups_of(exchange.authority, asked_by), most, strict=True))


def groups_of(host: str, asked_by: str) -> tuple[str, str, str, str]:
    """The host, its domain (with all that is below it: a wildcard makes any number of hosts), and who asks: in all,
    and at this host.
    """
    domain = ".".join(host.split(".")[-2:])
    return f"host {host}", f"domain {domain}", f"asker {asked_by}", f"asker {asked_by} at {host}"


def join(url: str, exchange: Exchange, groups: Groups) -> Flight:
    """The flight to `url`, which begins where there is none. Raises Busy."""
    with _lock:
        end_overdue()
        if url in _flights:
            return _flights[url]
        if not slots.take(groups):
            raise Busy
        flight = _flights[url] = Flight(exchange)
    try:
        Thread(target=_run, args=(url, flight, groups), name="fetch", daemon=True).start()
    except RuntimeError:
        # The system has no thread to give.
        _end(url, groups)
        raise Busy from None
    return flight


def end_overdue() -> None:
    """End fetches past their deadline that no request waits for any more. One that waits does it itself."""
    for flight in _flights.values():
        if not flight.exchange.remaining:
            flight.exchange.abort()


def _run(url: str, flight: Flight, groups: Groups) -> None:
    try:
        flight.run()
    finally:
        _end(url, groups)


def _end(url: str, groups: Groups) -> None:
    with _lock:
        del _flights[url]
    slots.release(groups)
