"""Backoff of URLs after failed fetches: longer after each failure, in all processes."""

import time

from django.core.cache import cache

from accounts.crypto.token_values import checksum
from accounts.fetching.errors import BackingOff, UnavailableBackingOff

FIRST_SECONDS = 60
LONGEST_SECONDS = 900
# For how long failures are counted together.
REMEMBERED_SECONDS = 24 * 3600


def check(purpose: str, url: str) -> None:
    """Raise BackingOff while `url` must not be fetched."""
    noted = cache.get(_key(purpose, url))
    if noted is None or noted["until"] <= time.time():
        return
    seconds = max(1, round(noted["until"] - time.time()))
    message = f"{noted['reason']} It will be fetched again in {seconds} seconds."
    raise UnavailableBackingOff(message, retry_after=seconds) if noted["is_temporary"] else BackingOff(message)


def note_failure(purpose: str, url: str, error: Exception) -> None:
    """Start a backoff: a minute at first, then twice as long after each failure."""
    key, now = _key(purpose, url), time.time()
    noted = cache.get(key) or {"failures": 0, "until": 0}
    if noted["until"] > now:
        # Another request that waited for the same fetch noted the failure.
        return
    failures = noted["failures"] + 1
    seconds = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(failures - 1, 10))
    reason, is_temporary = str(error)[:300], getattr(error, "is_temporary", False)
    entry = {"failures": failures, "until": now + seconds, "reason": reason, "is_temporary": is_temporary}
    cache.set(key, entry, REMEMBERED_SECONDS)


def note_success(purpose: str, url: str) -> None:
    """Forget the failures, after the document proved to be valid."""
    key = _key(purpose, url)
    if cache.get(key) is not None:
        cache.delete(key)


def _key(purpose: str, url: str) -> str:
    return f"accounts.fetching.backoff.{purpose}.{checksum(url)}"
