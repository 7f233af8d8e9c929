"""Somebody else beside a fault, in a process of their own, which the one that causes the fault does not slow down.

As a program it asks for /health, and sends one call, until its input ends; then it prints what it saw.
"""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from statistics import median, quantiles
from typing import Any, Self

import httpx2

from tests.support.servers.python_process import PROJECT
from tests.support.servers.server import LiveServer

PAUSE_SECONDS = 0.01
READY = "ready"


class Bystander:
    """While the block lasts: how long /health of `server` takes, and how the request `call` is answered.

    `call` is what httpx2 is to post to the MCP endpoint. There are `least` probes of /health in any case.
    """

    def __init__(self, server: LiveServer, call: dict[str, Any] | None = None, least: int = 20) -> None:
        self._task = json.dumps({"health": f"{server.url}/health", "mcp": server.mcp_url, "call": call, "least": least})
        self.seconds: list[float] = []
        self.health: Counter[int] = Counter()
        self.answers: Counter[int] = Counter()

    @property
    def slow(self) -> float:
        """The seconds that 95 of 100 probes took at most."""
        return quantiles(self.seconds, n=20)[-1]

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def slowest(self) -> float:
        return max(self.seconds)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.bystander", self._task]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == READY
        return self

    def __exit__(self, *error: object) -> None:
        output, _ = self._process.communicate()
        assert self._process.returncode == 0, "somebody else gave up"
        seen = json.loads(output)
        self.seconds = seen["seconds"]
        self.health, self.answers = (
            Counter({int(status): count for status, count in seen[name].items()}) for name in ("health", "answers")
        )


def watch(task: dict[str, Any], over: threading.Event) -> dict[str, Any]:
    seconds: list[float] = []
    health: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    with httpx2.Client(timeout=60) as client:
        while len(seconds) < task["least"] or not over.is_set():
            began = time.monotonic()
            health[client.get(task["health"]).status_code] += 1
            seconds.append(time.monotonic() - began)
            if task["call"] is not None:
                answers[client.post(task["mcp"], **task["call"]).status_code] += 1
            over.wait(PAUSE_SECONDS)
    return {"seconds": seconds, "health": health, "answers": answers}


def main() -> None:
    over = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    print(READY, flush=True)
    print(json.dumps(watch(json.loads(sys.argv[1]), over)))


if __name__ == "__main__":
    main()
