"""Thousands of `subscriptions/listen` that have nothing to say, on one asgi worker, and calls beside them."""

import asyncio
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.benchmarks.calls import plain_calls
from tests.benchmarks.databases import our_database
from tests.benchmarks.eras import META, MODERN, common, message
from tests.benchmarks.memory import resident
from tests.benchmarks.servers import ours, serving_process

STREAMS, PEOPLE = 5_000, 4
AT_A_TIME = 50
LISTEN = message("subscriptions/listen", {"notifications": {"toolsListChanged": True}, "_meta": META})


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls a second before and beside the streams, in rounds, and the worker's memory with them, in MiB."""

    alone: float
    beside: float
    mebibytes: float


def measure(seconds: float) -> Figures:
    allow_files(2 * STREAMS + 1000)
    with our_database(people=PEOPLE) as database:
        env = {**database.env, "ASYNC_STREAMS": str(2 * STREAMS)}
        with ours(env, "--worker-connections", str(2 * STREAMS)) as origin:
            load = plain_calls(origin, database.token)
            load.run(2)
            alone = load.run(seconds).rate
            with held_open(origin, database.made["tokens"]):
                beside = load.run(seconds).rate
                return Figures(alone, beside, resident(serving_process(origin)) / 1024)


def allow_files(count: int) -> None:
    """For this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), max(hard, count)))


@contextmanager
def held_open(origin: str, tokens: list[str]) -> Iterator[None]:
    """STREAMS streams, each of which was acknowledged."""
    opened, done = threading.Event(), threading.Event()
    failures: list[Exception] = []

    def run() -> None:
        try:
            asyncio.run(hold(origin, tokens, opened, done))
        except Exception as error:
            failures.append(error)
            opened.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        opened.wait()
        if failures:
            raise failures[0]
        yield
    finally:
        done.set()
        thread.join()


async def hold(origin: str, tokens: list[str], opened: threading.Event, done: threading.Event) -> None:
    gate = asyncio.Semaphore(AT_A_TIME)

    async def listen(token: str) -> asyncio.StreamWriter:
        async with gate:
            return await begin(origin, token)

    writers = await asyncio.gather(*(listen(tokens[number % len(tokens)]) for number in range(STREAMS)))
    opened.set()
    await asyncio.to_thread(done.wait)
    for writer in writers:
        writer.close()


async def begin(origin: str, token: str) -> asyncio.StreamWriter:
    """A stream whose acknowledgement has come. Raises RuntimeError where it was refused."""
    address = urlsplit(origin)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    headers = {**common(token, MODERN), "Mcp-Method": "subscriptions/listen"}
    head = [
        f"{name}: {value}" for name, value in {**headers, "Host": address.netloc, "Content-Length": len(LISTEN)}.items()
    ]
    writer.write("\r\n".join(["POST /mcp HTTP/1.1", *head, "", LISTEN]).encode())
    told = b""
    while b"acknowledged" not in told:
        more = await reader.read(65536)
        told += more
        if not more or b" 200 " not in told[:20]:
            raise RuntimeError(f"A stream was refused under {MODERN}: {told[:500]!r}")
    return writer
