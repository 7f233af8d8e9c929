"""Fetching of JSON documents from URLs that clients name: their metadata and their keys.

Each fetch has a deadline, a concurrency limit and a backoff:

- `addresses` decides which IP addresses may be connected to, `exchange` performs one HTTP exchange;
- `pending_fetches` runs it in a thread of its own, one at a time for each URL, within the limits of `concurrency`;
- `backoff` refuses a URL after a failure, for longer each time, in all processes.
"""

from accounts.fetching import backoff, pending_fetches
from accounts.fetching.errors import BackingOff, FetchError, Unavailable
from accounts.fetching.exchange import Fetched
from accounts.fetching.pending_fetches import Busy, waiting_slot

__all__ = ["BackingOff", "Busy", "FetchError", "Fetched", "Unavailable", "backoff", "fetch", "waiting_slot"]


def fetch(url: str, *, purpose: str, requester: str) -> Fetched:
    """Return the JSON object at the https address `url`.

    Failures are counted separately for each `purpose`. `requester` identifies the caller whose concurrent fetches are
    limited. Waits for at most `exchange.DEADLINE_SECONDS`, and releases the database connection before, so it must not
    be called inside a transaction. Raises FetchError; Unavailable where a later fetch may succeed.
    """
    backoff.check(purpose, url)
    try:
        fetched = pending_fetches.fetch(url, requester=requester)
    except Busy:
        # This is not a failure of the address.
        raise
    except FetchError as error:
        backoff.note_failure(purpose, url, error)
        raise
    return fetched
