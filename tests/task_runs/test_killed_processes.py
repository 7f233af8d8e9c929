"""Processes that are killed at any moment: no task is lost, none runs twice that must not, none stays in a state."""

import random
import time
from collections import Counter
from pathlib import Path

import httpx2

from mcp_api.extensions.tasks.store import MOST_RUNS
from tests.support.patience import eventually
from tests.support.servers.server import LiveServer
from tests.task_runs.conftest import TaskWire, runs_of

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
    completed = [label for label, state in states.items() if state["status"] == "completed"]
    assert len([label for label in completed if label.startswith("again")]) > KILLS / 4
    starts = Counter(ledger.read_text().splitlines())
    for label, state in states.items():
        if label.startswith("once"):
            assert starts[label] <= 1, label
            assert state["status"] in ("completed", "failed"), (label, state)
        elif state["status"] != "completed":
            # A task whose every run was killed ends as failed: its tool may be what kills the process.
            assert (state["status"], runs_of(server, acknowledged[label])) == ("failed", MOST_RUNS), (label, state)
        if state["status"] == "completed":
            assert state["result"]["content"][0]["text"] == label
