"""This server's speed beside the alternatives: `make bench`. One run, one machine, tables of ratios.

python -m tests.postgres --durable -- python -m tests.benchmarks [calls] [tokens] [scaling] [memory] [streams]
"""

import argparse
import sys
from collections.abc import Callable

from tests.conftest import isolate_from_developer

isolate_from_developer()

from tests.benchmarks import calls, memory, scaling, streams, tokens  # noqa: E402 - they read the environment
from tests.benchmarks.table import Table  # noqa: E402 - as above

SECONDS, ROUNDS = 5.0, 5
NAMES = {
    "fastmcp": "FastMCP 4.1.6, JWTVerifier",
    "sdk": "official SDK 2.3.0, token in memory",
    "toolkit": "stock REST framework and toolkit",
    "bare": "a bare Django view on gthread",
    "threads": "this server on gthread",
}


def bench_calls(table: Table) -> None:
    measured = calls.measure(SECONDS, ROUNDS)
    ours = measured["ours"]
    table.title("tools/call, one worker each", "calls/s", "ours ÷ theirs", "bar")
    table.row("this server on PostgreSQL", f"{ours.rate:.0f}")
    for name, bar in (("fastmcp", 2.0), ("sdk", 0.7), ("toolkit", 2.5), ("bare", None), ("threads", None)):
        table.ratio(NAMES[name], f"{measured[name].rate:.0f}", ours.over(measured[name]), bar)


def bench_tokens(table: Table) -> None:
    table.title("token endpoint, one worker each", "ours/s", "stock/s", "ours ÷ stock", "bar")
    for (kind, client), measured in tokens.measure(rounds=3).items():
        ours, stock = measured["ours"], measured["stock"]
        bar = 10.0 if client == "confidential" else None
        table.ratio(f"{kind}, {client} client", f"{ours.rate:.0f}", ours.over(stock), bar, f"{stock.rate:.0f}")


def bench_scaling(table: Table) -> None:
    table.title("scaling", "requests/s", "÷ one worker, 1,000 tokens", "bar")
    for what, measured in scaling.measure(SECONDS, ROUNDS).items():
        one = measured["one worker"]
        table.row(f"{what}, one worker", f"{one.rate:.0f}")
        for name, bar in (("two workers", None), ("a million tokens", 0.95)):
            table.ratio(f"{what}, {name}", f"{measured[name].rate:.0f}", measured[name].over(one), bar)


def bench_memory(table: Table) -> None:
    few, many = memory.measure()
    table.title("memory of a worker", "MiB", "÷ after 1,000", "bar")
    table.row("after 1,000 calls", f"{few / 1024:.0f}")
    table.ratio("after 100,000 calls", f"{many / 1024:.0f}", many / few, 1.05, at_most=True)


def bench_streams(table: Table) -> None:
    figures = streams.measure(SECONDS)
    table.title("5,000 idle streams on one asgi worker", "", "ratio", "bar")
    table.ratio("memory, of 1 GiB", f"{figures.mebibytes:.0f} MiB", figures.mebibytes / 1024, 1.0, at_most=True)
    table.row("calls/s alone", f"{figures.alone:.0f}")
    table.ratio("calls/s beside them", f"{figures.beside:.0f}", figures.beside / figures.alone, 0.8)


PARTS: dict[str, Callable[[Table], None]] = {
    "calls": bench_calls,
    "tokens": bench_tokens,
    "scaling": bench_scaling,
    "memory": bench_memory,
    "streams": bench_streams,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them, unless some are named")
    table = Table()
    for name in parser.parse_args().parts or PARTS:
        PARTS[name](table)
    return table.missed


if __name__ == "__main__":
    sys.exit(main())
