"""Scaling of calls and refreshes: from one worker to two, and from a thousand tokens in the table to a million."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tests.benchmarks import tokens
from tests.benchmarks.calls import plain_calls
from tests.benchmarks.databases import our_database
from tests.benchmarks.load import Run
from tests.benchmarks.rounds import Measured, alternate
from tests.benchmarks.servers import ours

FEW, MANY = 1_000, 1_000_000
REFRESHES = 300
# Enough for two workers: with few, each waits for its commits.
CONNECTIONS = 64


@contextmanager
def serving(rows: int, workers: int, rounds: int) -> Iterator[tuple[Callable[[float], Run], Callable[[float], Run]]]:
    """The load of calls, and that of refreshes, on a server with so many tokens and workers."""
    with (
        our_database(tokens=rows, exchanges=REFRESHES * (rounds + 1)) as database,
        ours(database.env, workers=workers) as origin,
    ):
        refreshes = iter(tokens.bodies(database.made["clients"]["confidential"], "refresh"))

        def refresh(seconds: float) -> Run:
            """As many as there are for a round, however long they take: each token is good once."""
            return tokens.rate(f"{origin}/oauth/token", [next(refreshes) for _ in range(REFRESHES)])

        load = plain_calls(origin, database.token)
        yield lambda seconds: load.run(seconds, CONNECTIONS), refresh


def measure(seconds: float, rounds: int) -> dict[str, dict[str, Measured]]:
    """Requests a second by what is asked and by "one worker", "two workers" and "a million tokens"."""
    with ExitStack() as running:
        servers = {
            "one worker": running.enter_context(serving(FEW, 1, rounds)),
            "two workers": running.enter_context(serving(FEW, 2, rounds)),
            "a million tokens": running.enter_context(serving(MANY, 1, rounds)),
        }
        return {
            "tools/call": alternate({name: call for name, (call, _) in servers.items()}, seconds, rounds),
            "refresh": alternate({name: refresh for name, (_, refresh) in servers.items()}, seconds, rounds),
        }
