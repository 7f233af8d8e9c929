"""`manage.py run_tasks`: a process that runs tasks, beside those of the server."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mcp_api.conf import conf
from mcp_api.extensions.tasks import pool, worker
from mcp_api.streams import open_streams


class Command(BaseCommand):
    help = "Runs tasks, which tools with task= become, until it gets SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        threads = max(1, conf.TASK_THREADS)
        parser.add_argument("--threads", type=int, default=threads, help=f"Tasks at a time; {threads} by default.")
        parser.add_argument(
            "--graceful", type=float, default=30.0, help="Seconds that tasks have to end after a signal; 30 by default."
        )

    def handle(self, *args: Any, threads: int, graceful: float, **options: Any) -> None:
        if not worker.is_default_backend():
            raise CommandError("TASK_BACKEND names another backend: start the workers of that one.")
        if threads < 1 or graceful < 0:
            raise CommandError("--threads is at least 1, and --graceful at least 0.")
        stop = stop_event()
        pool.resize(threads)
        worker.start()
        self.stdout.write(f"Runs {threads} tasks at a time.")
        stop.wait()
        self.stdout.write("Stops: tasks that run may end.")
        pool.wait_for_all(graceful)
        for run in pool.runs():
            run.process_stops()


def stop_event() -> threading.Event:
    """Return the event that SIGTERM and SIGINT set. From then on, this process begins no runs."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    open_streams.is_serving = lambda: not stop.is_set()
    return stop
