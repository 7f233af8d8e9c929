"""The thread that passes notifications of changes to listeners, apart from the one that reads messages.

Each notification takes a query, for the listener's access. Answers and cancellations need none and do not wait for it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mcp_api.db.own_connections import own_connections

_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="listeners")

# A token's key, and the URI that it is about; None where it is about the token alone.
Key = tuple[int, str | None]


class Looks:
    """What was read for the change that is being told: once for each token and URI, however many listen."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._found: dict[Key, bool] = {}

    def find(self, number: int, key: Key, look: Callable[[], bool]) -> bool:
        """What `look` returns, or returned before for the change of that number."""
        if number != self._number:
            self._number, self._found = number, {}
        if key not in self._found:
            self._found[key] = look()
        return self._found[key]


looks = Looks()


def submit(work: Callable[[int, object], None], number: int, body: object) -> None:
    """Call `work` with what was posted, after all that was submitted before."""
    _executor.submit(_run, work, number, body)


def _run(work: Callable[[int, object], None], number: int, body: object) -> None:
    with own_connections():
        work(number, body)
