"""The thread that passes notifications of changes to listeners, apart from the one that reads messages.

Each notification takes a query, for the listener's access. Answers and cancellations need none and do not wait for it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mcp_api.db.own_connections import own_connections

_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="listeners")

# A token's id, and the URI of the resource; None if the check is about the token alone.
Key = tuple[int, str | None]


class AccessChecks:
    """Results of the access checks for one notification: a query for each token and URI, not for each listener."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._results: dict[Key, bool] = {}

    def find(self, number: int, key: Key, check: Callable[[], bool]) -> bool:
        """Return the result of `check`, which is called once for each notification (by `number`) and `key`."""
        if number != self._number:
            self._number, self._results = number, {}
        if key not in self._results:
            self._results[key] = check()
        return self._results[key]


access_checks = AccessChecks()


def submit(work: Callable[[int, object], None], number: int, body: object) -> None:
    """Call `work` with a message in the thread, after all earlier ones."""
    _executor.submit(_run, work, number, body)


def _run(work: Callable[[int, object], None], number: int, body: object) -> None:
    with own_connections():
        work(number, body)
