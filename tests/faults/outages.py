"""Outages under load: clients are told to come back, and lose nothing.

Each takes how many times it happens.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.load import PEOPLE, Load, interrupted, unlimited
from tests.faults.report import Lacking, Report
from tests.support.database import Database, Template
from tests.support.postgres import Cluster, find_binaries
from tests.support.servers.server import WORKER, LiveServer

PAUSE_SECONDS = 2
DISK = "24m"


def killed_workers(server: LiveServer, times: int, people: int = PEOPLE) -> Report:
    """SIGKILL, as the kernel sends it when memory runs out."""

    def kill(load: Load) -> dict[str, object]:
        for _ in range(times):
            server.kill_a_worker()
            load.measured(PAUSE_SECONDS)
        return {"workers killed": times}

    return interrupted(Load(server, people), f"{times} workers killed under load", kill)


def restarted_postgres(times: int, people: int = PEOPLE, worker: str = WORKER) -> Report:
    """A cluster of its own, which crashes and is away for a moment. Raises Lacking where there is no PostgreSQL."""
    binaries = find_binaries()
    if binaries is None:
        raise Lacking("PostgreSQL is not installed.")

    def restart(load: Load) -> dict[str, object]:
        for _ in range(times):
            running.stop(signal.SIGQUIT)
            # A pooled request waits for a connection for some seconds before it is told to come back.
            load.goes_wrong()
            load.measured(PAUSE_SECONDS)
            running.start()
            load.measured(PAUSE_SECONDS)
        return {"restarts of PostgreSQL": times, "seconds away, each": f"{PAUSE_SECONDS} at least"}

    with Cluster(binaries, ()) as running, on(running.url), Template() as template:  # noqa: SIM117 - too long for one line
        with LiveServer(template, **unlimited(worker)) as server:
            load = Load(server, people)
            report = interrupted(load, f"PostgreSQL restarted {times} times under load", restart)
            report.must(load.ledger.count("503") > 0, "clients notice")
            return report


def full_disk(times: int, people: int = PEOPLE, worker: str = WORKER) -> Report:
    """SQLite on a disk of its own, which somebody else fills up. Raises Lacking where none can be mounted."""

    def fill(load: Load) -> dict[str, object]:
        for _ in range(times):
            with filled(Path(disk)):
                load.goes_wrong()
                load.measured(PAUSE_SECONDS)
            load.measured(PAUSE_SECONDS)
        return {"times that the disk was full": times}

    with (
        small_disk() as disk,
        on("sqlite://:memory:"),
        Template() as template,
        ServerOn(disk, template, worker) as server,
    ):
        load = Load(server, people)
        report = interrupted(load, f"The disk of SQLite full {times} times under load", fill)
        report.must(load.ledger.count("503") > 0, "clients notice")
        return report


class ServerOn(LiveServer):
    """A server whose database lies in a folder of a disk."""

    def __init__(self, disk: str, template: Template, worker: str) -> None:
        self.disk = disk
        super().__init__(template, **unlimited(worker))

    def _make_database(self, template: Template) -> Database:
        return Database(template.database, under=self.disk)


@contextmanager
def on(url: str) -> Iterator[None]:
    """Databases are made there."""
    before = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = url
    try:
        yield
    finally:
        os.environ["DATABASE_URL"] = before


@contextmanager
def small_disk() -> Iterator[str]:
    """A disk of `DISK`, in memory."""
    with tempfile.TemporaryDirectory(prefix="mcp-disk-") as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True, check=False
        )
        if mounted.returncode:
            raise Lacking("A small disk cannot be mounted here: that takes root.")
        try:
            yield folder
        finally:
            # A process that is about to end may have the database open still.
            subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not an octet is left, though what SQLite frees it may take again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**16, 2**12, 1):
            with suppress(OSError):
                while file.write(b"\x00" * size):
                    pass
    try:
        yield
    finally:
        filler.unlink()
