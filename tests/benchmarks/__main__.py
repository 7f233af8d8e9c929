"""This server's speed beside the alternatives: `make bench`. One run, one machine, tables of ratios.

python -m tests.support.postgres --durable -- python -m tests.benchmarks [--seconds 4] [--rounds 5] [PART ...]
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.conftest import isolate_from_developer

isolate_from_developer()

from tests.benchmarks import calls, memory, proofs, scaling, slow, streams, tokens  # noqa: E402 - they read the environment
from tests.benchmarks.calls import Case  # noqa: E402 - as above
from tests.benchmarks.eras import LEGACY, MODERN, REVISIONS  # noqa: E402 - as above
from tests.benchmarks.rounds import Measured  # noqa: E402 - as above
from tests.benchmarks.table import Table  # noqa: E402 - as above

NAMES = {
    "ours": "this server",
    "threads": "this server on threads",
    "fastmcp": "FastMCP 4.2.3, JWTVerifier",
    "sdk": "official SDK 2.3.0, token in memory",
    "toolkit": "stock REST framework and toolkit",
}
PLAIN = "`@tool` without database"
# By tool: what it is, which of FastMCP's it is held against, and the least ratio at each revision.
TOOLS = {
    "plain": (PLAIN, "plain", 2.0, 2.0),
    "with_context": ("the same with a Context", "with_context", 1.8, None),
    "asynchronous": ("the same, async", "asynchronous", 1.8, None),
    "read_note": ("one ORM query", "plain", 1.2, None),
    "write_note": ("one ORM row written", "plain", 0.9, None),
    "search_notes": ("`search`", "plain", None, None),
    "note_list": ("`list` of an exposed view set", "plain", None, None),
}
# The least ratio of the tool without database to that of another server.
BARS = {("sdk", MODERN): 0.75, ("sdk", LEGACY): 2.0, ("fastmcp", MODERN): 2.0, ("fastmcp", LEGACY): 2.0}


@dataclass(frozen=True, slots=True)
class Effort:
    """Duration and number of the rounds of a load."""

    seconds: float
    rounds: int


def bench_calls(table: Table, effort: Effort) -> None:
    measured = calls.measure(effort.seconds, effort.rounds, calls.cases())
    for revision in REVISIONS:
        table.title(f"tools/call at {revision}, 16 connections", "calls/s", "p50 ms", "p99 ms", "÷ FastMCP's", "bar")
        for tool, (what, other, modern_bar, legacy_bar) in TOOLS.items():
            mine, its = measured[Case("ours", tool, revision)], measured[Case("fastmcp", other, revision)]
            bar = modern_bar if revision == MODERN else legacy_bar
            figures = (f"{mine.p50:.1f}", f"{mine.p99:.1f}")
            table.ratio(what, f"{mine.rate:.0f}", mine.over(its), bar, *figures)
    compare_plain(table, measured)


def compare_plain(table: Table, measured: Mapping[Case, Measured]) -> None:
    """The tool without database, beside every other server's, and on threads beside FastMCP's."""
    table.title(PLAIN, "revision", "calls/s", "ours ÷ theirs", "bar")
    for case, its in measured.items():
        if case.tool == "plain" and case.server not in ("ours", "threads"):
            ratio = measured[Case("ours", "plain", case.revision)].over(its)
            bar = BARS.get((case.server, case.revision))
            table.ratio(NAMES[case.server], case.revision, ratio, bar, f"{its.rate:.0f}")
    table.title("gunicorn's threads", "revision", "calls/s", "÷ FastMCP's", "bar")
    for revision in REVISIONS:
        threads = measured[Case("threads", "plain", revision)]
        ratio = threads.over(measured[Case("fastmcp", "plain", revision)])
        table.ratio(PLAIN, revision, ratio, 0.9, f"{threads.rate:.0f}")


def bench_connections(table: Table, effort: Effort) -> None:
    chosen = [Case(server, "plain", revision) for server in ("ours", "fastmcp", "sdk") for revision in REVISIONS]
    table.title(PLAIN, "revision", "connections", "calls/s", "p50 ms", "p99 ms")
    for connections in (1, 16, 64):
        for case, found in calls.measure(effort.seconds, effort.rounds, chosen, connections).items():
            figures = (f"{found.rate:.0f}", f"{found.p50:.1f}", f"{found.p99:.1f}")
            table.row(NAMES[case.server], case.revision, str(connections), *figures)


def bench_slow(table: Table, effort: Effort) -> None:
    measured = slow.measure(effort.seconds, effort.rounds)
    columns = ("seconds for all", "÷ FastMCP's", "bar", "quick p99 ms beside", "÷ alone", "bar")
    table.title("200 calls at once that wait a second", *columns)
    for (name, tool), found in measured.items():
        mine = name == "ours"
        together = found.together / measured["fastmcp", tool].together
        beside = found.beside.p99 / found.alone.p99
        table.ratios(
            f"{NAMES[name]}, `{tool}`",
            (f"{found.together:.2f}", together, 1.0 if mine else None),
            (f"{found.beside.p99:.1f}", beside, 3.0 if mine else None),
        )


def bench_tokens(table: Table, effort: Effort) -> None:
    table.title("token endpoint, one worker each", "ours/s", "stock/s", "ours ÷ stock", "bar")
    for (kind, client), measured in tokens.measure(effort.rounds).items():
        ours, stock = measured["ours"], measured["stock"]
        bar = 10.0 if client == "confidential" else None
        table.ratio(f"{kind}, {client} client", f"{ours.rate:.0f}", ours.over(stock), bar, f"{stock.rate:.0f}")


def bench_proofs(table: Table, effort: Effort) -> None:
    columns = ("calls/s", "p50 ms", "p99 ms", "µs of processor", "÷ Bearer", "bar")
    table.title("calls with a proof of a key (DPoP)", *columns)
    measured = proofs.measure(effort.seconds, effort.rounds)
    for worker in proofs.WORKERS:
        bearer, bound = measured[worker, "Bearer"], measured[worker, "DPoP"]
        for kind, found in (("Bearer", bearer), ("DPoP", bound)):
            figures = (f"{found.p50:.1f}", f"{found.p99:.1f}", f"{found.processor:.0f}")
            bar, ratio = 1.4 if kind == "DPoP" else None, found.processor_over(bearer)
            table.ratio(f"{worker}, {kind}", f"{found.rate:.0f}", ratio, bar, *figures, at_most=True)


def bench_scaling(table: Table, effort: Effort) -> None:
    table.title("scaling", "requests/s", "÷ one worker, 1,000 tokens", "bar")
    for what, measured in scaling.measure(effort.seconds, effort.rounds).items():
        one = measured["one worker"]
        table.row(f"{what}, one worker", f"{one.rate:.0f}")
        for name, bar in (("two workers", None), ("a million tokens", 0.95)):
            table.ratio(f"{what}, {name}", f"{measured[name].rate:.0f}", measured[name].over(one), bar)


def bench_memory(table: Table, effort: Effort) -> None:
    few, many = memory.measure()
    table.title("memory of a worker", "MiB", "÷ after 1,000", "bar")
    table.row("after 1,000 calls", f"{few / 1024:.0f}")
    table.ratio("after 100,000 calls", f"{many / 1024:.0f}", many / few, 1.05, at_most=True)


def bench_streams(table: Table, effort: Effort) -> None:
    figures = streams.measure(effort.seconds)
    table.title("5,000 idle streams on one asgi worker", "", "ratio", "bar")
    table.ratio("memory, of 1 GiB", f"{figures.mebibytes:.0f} MiB", figures.mebibytes / 1024, 1.0, at_most=True)
    table.row("calls/s alone", f"{figures.alone:.0f}")
    table.ratio("calls/s beside them", f"{figures.beside:.0f}", figures.beside / figures.alone, 0.8)


PARTS: dict[str, Callable[[Table, Effort], None]] = {
    "calls": bench_calls,
    "connections": bench_connections,
    "slow": bench_slow,
    "tokens": bench_tokens,
    "proofs": bench_proofs,
    "scaling": bench_scaling,
    "memory": bench_memory,
    "streams": bench_streams,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them, unless some are named")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    table, effort = Table(), Effort(arguments.seconds, arguments.rounds)
    for name in arguments.parts or PARTS:
        PARTS[name](table, effort)
    return table.missed


if __name__ == "__main__":
    sys.exit(main())
