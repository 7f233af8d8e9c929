"""Fetches of tests, under a short deadline."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from accounts import fetching
from accounts.fetching import pending_fetches

# Short, but long enough for a busy machine.
DEADLINE = 0.8
# After this time, every fetch with that deadline has ended.
GENEROUS = DEADLINE + 10
URL = "https://app.example/client.json"


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + GENEROUS
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def fetch(url: str, requester: str = "a test") -> Any:
    """Fetch `url`, and return the document or the class of the error."""
    try:
        return pending_fetches.fetch(url, requester=requester).document
    except fetching.FetchError as error:
        return type(error)


def fetch_all(urls: list[str], requester: Callable[[int], str] = str) -> list[Any]:
    with ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(fetch, urls, map(requester, range(len(urls)))))
