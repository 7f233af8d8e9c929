"""Break things and attack, for long, and print the figures: `make faults`, or `ARGS="races"` for one of them.

Ends with 1 where a rule was violated. On the database that TEST_DATABASE_URL names, or on SQLite.
"""

import argparse
import sys
from collections.abc import Iterator

# Django's environment, before anything of it is read.
from tests import conftest  # noqa: F401
from tests.faults.fuzz import fuzzed
from tests.faults.load import UNLIMITED, mixed
from tests.faults.outages import full_disk, killed_workers, restarted_postgres
from tests.faults.races import RACES
from tests.faults.report import Report
from tests.postgres import find_binaries
from tests.server import LiveServer, Template

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
    with Template() as template, LiveServer(template, env=UNLIMITED) as server:
        yield mixed(server, options.minutes * 60)


def outages(options: argparse.Namespace) -> Iterator[Report]:
    """Workers killed, PostgreSQL crashed, SQLite's disk full, under the same load; ten of each in ten minutes."""
    times = max(1, round(options.minutes))
    with Template() as template, LiveServer(template, env=UNLIMITED) as server:
        yield killed_workers(server, times)
    if binaries := find_binaries():
        yield restarted_postgres(binaries, times)
    try:
        yield full_disk(times)
    except PermissionError as refusal:
        print(refusal)


def fuzz(options: argparse.Namespace) -> Iterator[Report]:
    """Requests that nobody should send, to every path."""
    yield fuzzed(options.requests)


FAULTS = {"races": races, "load": load, "outages": outages, "fuzz": fuzz}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", choices=[*FAULTS, []], help="all of them, where none is named")
    parser.add_argument("--minutes", type=float, default=10, help="how long each load lasts")
    parser.add_argument("--requests", type=int, default=50_000, help="how many are made up")
    options = parser.parse_args()
    violated = 0
    for name in options.names or FAULTS:
        for report in FAULTS[name](options):
            print(report, flush=True)
            violated += len(report.violations)
    print(f"\n{violated} rules violated")
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
