"""Processes that are killed at any moment: no task is lost, none runs twice that must not, none stays in a state."""

import random
import time
from collections import Counter
from pathlib import Path

import httpx2

from tests.support.patience import eventually
from tests.support.server import LiveServer
from tests.task_runs.conftest import TaskWire

KILLS = 20
# A lease, the interval in which lost runs are looked for, and the second run.
SECONDS = 90


def test_twenty_kills_lose_no_task_and_repeat_none_that_is_not_idempotent(
    wire: TaskWire, server: LiveServer, ledger: Path
):
    chance = random.Random(7)  # noqa: S311 - the same moments in each run
    acknowledged: dict[str, str] = {}
    for number in range(KILLS):
        for tool in ("once", "again"):
            label = f"{tool} {number}"
            try:
                acknowledged[label] = wire.begin(tool, label=label, seconds=chance.uniform(0, 1))
            except (httpx2.HTTPError, ValueError, KeyError):
                # The process that answered was killed: nothing was promised.
                continue
        time.sleep(chance.uniform(0, 0.6))
        eventually(lambda: len(server.worker_pids) == server.workers)
        server.kill_a_worker()

    states = {label: wire.ended(task_id, SECONDS) for label, task_id in acknowledged.items()}

    assert len(acknowledged) > KILLS
    starts = Counter(ledger.read_text().splitlines())
    for label, state in states.items():
        if label.startswith("once"):
            assert starts[label] <= 1, label
            assert state["status"] in ("completed", "failed"), (label, state)
        else:
            assert state["status"] == "completed", (label, state)
        if state["status"] == "completed":
            assert state["result"]["content"][0]["text"] == label
