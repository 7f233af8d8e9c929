"""Fetching JSON documents from addresses that clients name: their metadata and their keys.

Each fetch has a deadline, a slot and a backoff:

- `addresses` decides which IP addresses may be connected to, `exchange` makes one HTTP exchange;
- `flights` runs it in a thread of its own, one for each URL at a time, within the bounds of `bounds`;
- `backoff` refuses a URL for a growing time after it failed, in all processes.
"""

from accounts.fetching import backoff, flights
from accounts.fetching.errors import BackingOff, FetchError, Unavailable
from accounts.fetching.exchange import Fetched
from accounts.fetching.flights import Busy, place_to_wait

__all__ = ["BackingOff", "Busy", "FetchError", "Fetched", "Unavailable", "backoff", "fetch", "place_to_wait"]


def fetch(url: str, *, purpose: str, asked_by: str) -> Fetched:
    """Return the JSON object at the https address `url`.

    `purpose` keeps the failures of one use apart from those of another; `asked_by` names whose
    requests count together. Waits for `exchange.DEADLINE_SECONDS` at most, and gives the database
    connection back before it does: do not call it inside a transaction.
    Raises FetchError; Unavailable where a later try may succeed.
    """
    backoff.check(purpose, url)
    try:
        fetched = flights.fetch(url, asked_by=asked_by)
    except Busy:
        # This says nothing about the address.
        raise
    except FetchError as error:
        backoff.note_failure(purpose, url, error)
        raise
    return fetched
