"""Growth of a worker: its memory after many calls, against that after a few."""

from pathlib import Path

from tests.benchmarks.calls import plain_calls
from tests.benchmarks.databases import our_database
from tests.benchmarks.servers import ours, serving_process

FEW, MANY = 1_000, 100_000
SLICE_SECONDS = 1.0


def measure() -> tuple[int, int]:
    """KiB of the one worker after FEW calls, and after MANY."""
    # Not replaced meanwhile, as it would be in production.
    with our_database() as database, ours(database.env, "--max-requests", "0") as origin:
        load = plain_calls(origin, database.token)
        worker = serving_process(origin)
        calls = 0.0
        while calls < FEW:
            calls += SLICE_SECONDS * load.run(SLICE_SECONDS).rate
        few = resident(worker)
        while calls < MANY:
            calls += 10 * load.run(10).rate
        return few, resident(worker)


def resident(process: int) -> int:
    """Its resident memory, in KiB."""
    [line] = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])
