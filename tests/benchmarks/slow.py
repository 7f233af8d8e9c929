"""Two hundred calls at once that each wait a second, and a quick call beside them."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from tests.benchmarks.calls import SERVERS, Target
from tests.benchmarks.eras import MODERN, call
from tests.benchmarks.load import Load, Run

CALLS = 200
NAMES = ("ours", "fastmcp", "sdk")
TOOLS = ("wait_async", "wait")


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds until all of CALLS were answered, and a quick call's times alone and beside them."""

    together: float
    alone: Run
    beside: Run


def measure(seconds: float, rounds: int) -> dict[tuple[str, str], Figures]:
    """By server and tool that waits: medians of rounds that alternate."""
    with ExitStack() as running:
        targets = {name: running.enter_context(SERVERS[name]()) for name in NAMES}
        found: dict[tuple[str, str], list[Figures]] = {}
        for _ in range(rounds):
            for name, target in targets.items():
                for tool in TOOLS:
                    found.setdefault((name, tool), []).append(one_round(target, tool, seconds))
    return {case: middle(of) for case, of in found.items()}


def one_round(target: Target, tool: str, seconds: float) -> Figures:
    slow = call(MODERN, target.origin, target.token, tool, {})
    quick = target.calls(MODERN, "plain")
    alone = quick.run(seconds, 1)
    together = asyncio.run(all_at_once(slow, CALLS))
    with kept_up(slow, seconds):
        beside = quick.run(seconds, 1)
    return Figures(together, alone, beside)


def middle(rounds: list[Figures]) -> Figures:
    """The medians of each figure."""
    return Figures(
        median(each.together for each in rounds),
        Run(*(median(getattr(each.alone, name) for each in rounds) for name in ("rate", "p50", "p99"))),
        Run(*(median(getattr(each.beside, name) for each in rounds) for name in ("rate", "p50", "p99"))),
    )


@contextmanager
def kept_up(slow: Load, seconds: float) -> Iterator[None]:
    """CALLS slow calls at any moment, until a second after the block's load ended."""
    with slow.started(seconds + 3, CALLS):
        time.sleep(1.5)
        yield


async def all_at_once(load: Load, count: int) -> float:
    """Seconds from the first of so many requests, on connections that are open already, to the last answer."""
    address = urlsplit(load.url)
    opened = [await asyncio.open_connection(address.hostname, address.port) for _ in range(count)]
    head = {**load.headers, "Host": address.netloc, "Content-Length": str(len(load.body))}
    lines = [f"POST {address.path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", load.body]
    request = "\r\n".join(lines).encode()
    started = time.monotonic()
    for _, writer in opened:
        writer.write(request)
    await asyncio.gather(*(answered(reader) for reader, _ in opened))
    took = time.monotonic() - started
    for _, writer in opened:
        writer.close()
    return took


async def answered(reader: asyncio.StreamReader) -> None:
    """Read until the tool's result has come. Raise RuntimeError where another answer has."""
    received = b""
    while b'"done"' not in received:
        more = await reader.read(65536)
        received += more
        if not more or b" 200 " not in received[:20] or b'"isError":true' in received.replace(b" ", b""):
            raise RuntimeError(f"A slow call was answered by {received[:500]!r}")
