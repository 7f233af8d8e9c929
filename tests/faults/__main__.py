"""Break things and attack, for long, and print the figures: `make faults`, or `ARGS="races"` for one of them.

Ends with 1 where a rule was violated; where CI=true also where this machine lacks what a fault needs, which is said in
any case. On the database that TEST_DATABASE_URL names, or on SQLite.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator

# Django's environment, before anything of it is read.
from tests import conftest  # noqa: F401
from tests.faults.floods import FLOODS, attacked, flooded
from tests.faults.fuzz import fuzzed
from tests.faults.hanging import hanging_fetches
from tests.faults.load import PEOPLE, mixed, unlimited
from tests.faults.outages import full_disk, killed_workers, restarted_postgres
from tests.faults.races import RACES
from tests.faults.redis_gone import redis_gone
from tests.faults.report import Lacking, Report
from tests.faults.unfinished_requests import unfinished_requests
from tests.support.database import Template
from tests.support.servers.server import APPLICATIONS, WORKER, LiveServer

AT_ONCE = 100
ROUNDS = 10


def races(options: argparse.Namespace) -> Iterator[Report]:
    """Many requests about one code or token at the same moment, again and again."""
    with Template() as template, LiveServer(template) as server:
        for race in RACES:
            for _ in range(ROUNDS):
                yield race(server, AT_ONCE)


def load(options: argparse.Namespace) -> Iterator[Report]:
    """Sign-ins, refreshes, calls and streams at 80 % of capacity."""
    with Template() as template, LiveServer(template, **unlimited(options.worker)) as server:
        yield mixed(server, options.minutes * 60)


def outages(options: argparse.Namespace) -> Iterator[Report]:
    """Workers, PostgreSQL, the room on SQLite's disk, Redis gone under the same load: each ten times in ten minutes."""
    times = max(1, round(options.minutes))
    with Template() as template:
        with LiveServer(template, **unlimited(options.worker)) as server:
            yield killed_workers(server, times)
        how = (times, PEOPLE, options.worker)
        yield unless_lacking("PostgreSQL restarted", lambda: restarted_postgres(*how))
        yield unless_lacking("The disk of SQLite full", lambda: full_disk(*how))
        yield unless_lacking("Redis gone", lambda: redis_gone(template, *how))


def unless_lacking(name: str, fault: Callable[[], Report]) -> Report:
    try:
        return fault()
    except Lacking as lack:
        return Report(name, left_out=str(lack))


def fuzz(options: argparse.Namespace) -> Iterator[Report]:
    """Requests that nobody should send, to every path."""
    yield fuzzed(options.requests)


def unfinished(options: argparse.Namespace) -> Iterator[Report]:
    """Requests that are begun and never ended, under an event loop."""
    with Template() as template, LiveServer(template, application=APPLICATIONS["asgi"]) as server:
        yield unfinished_requests(server, options.sockets)


def hanging(options: argparse.Namespace) -> Iterator[Report]:
    """Documents and keys of clients that never come."""
    with Template() as template:
        yield hanging_fetches(template, options.worker)


def floods(options: argparse.Namespace) -> Iterator[Report]:
    """Floods of everything that can be stored, at the default limits (SECURITY.md)."""
    with Template() as template, attacked(template, options.worker) as server:
        for flood in FLOODS:
            yield flooded(server, flood)


FAULTS = {
    "races": races,
    "load": load,
    "outages": outages,
    "floods": floods,
    "fuzz": fuzz,
    "hanging": hanging,
    "unfinished": unfinished,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", choices=[*FAULTS, []], help="all of them, where none is named")
    parser.add_argument("--minutes", type=float, default=10, help="how long each load lasts")
    parser.add_argument("--worker", choices=[*APPLICATIONS], default=WORKER, help="what answers under a load")
    parser.add_argument("--requests", type=int, default=50_000, help="how many are made up")
    parser.add_argument("--sockets", type=int, default=2000, help="how many requests of a kind are left unfinished")
    options = parser.parse_args()
    return summed_up(report for name in options.names or FAULTS for report in FAULTS[name](options))


def summed_up(reports: Iterable[Report]) -> int:
    """Print each as it comes, and what they come to at the end; return the exit status."""
    violated, left_out = 0, []
    for report in reports:
        print(report, flush=True)
        violated += len(report.violations)
        left_out += [report] if report.left_out else []
    print(f"\n{violated} rules violated")
    for report in left_out:
        print(f"NOT TRIED: {report.name}. {report.left_out}")
    if left_out and os.environ.get("CI") == "true":
        print("CI=true: nothing may be left out. Failing.")
        return 1
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
