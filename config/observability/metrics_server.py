"""Server of the metrics of gunicorn's workers for Prometheus (METRICS_PORT).

Each worker writes to its own files; a further child of the master, which ends with it, adds them up. It is not a thread
of the master: a worker that is forked while a thread holds a lock would wait for it for ever.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

from config.observability.logs import Json, Line

# Where prometheus_client looks for the folder of those files.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PROJECT = Path(__file__).resolve().parents[2]
RETRY_SECONDS = 1.0

logger = logging.getLogger("config.metrics")


# --- In gunicorn's master (config/gunicorn.py) ------------------------------------------------


def make_folder() -> str:
    """Make a folder for this master, in PROMETHEUS_MULTIPROC_DIR if that is set.

    The master's environment does not name it: the master of an upgrade (USR2) would inherit it, and lose it when this
    one ends.
    """
    parent = os.environ.get(FOLDER)
    if parent:
        os.makedirs(parent, exist_ok=True)
    return tempfile.mkdtemp(prefix="metrics-", dir=parent)


def begin(host: str, port: int, log_format: str, folder: str) -> None:
    arguments = ["-m", __name__, host, str(port), folder, log_format, str(os.getpid())]
    # gunicorn waits for all of its children, and so for this one.
    subprocess.Popen([sys.executable, *arguments], cwd=PROJECT)  # noqa: S603 - the operator's own values


def free_place(workers: Iterable[Any]) -> int:
    """Return the first number that none of `workers` has.

    A worker's successor continues in the same files: files named by process would grow in number without end.
    """
    taken = {getattr(worker, "metrics_place", None) for worker in workers}
    return next(place for place in count() if place not in taken)


def ended(folder: str, place: int) -> None:
    """Remove the values that ended with the worker of `place`, such as its open streams."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(place, folder)


def remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


# --- In its workers -----------------------------------------------------------------------------


def write_to(folder: str, place: int) -> None:
    """Write to the files of the worker's `place`. To call before the application, with its metrics, is loaded."""
    os.environ[FOLDER] = folder
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(lambda: place)


# --- In the process that serves -----------------------------------------------------------------


def main(host: str, port: str, folder: str, log_format: str, master: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if log_format == "json" else Line())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    # Ctrl+C in a terminal is meant for the master.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(host, int(port), folder, int(master))
    while os.getppid() == int(master):
        time.sleep(RETRY_SECONDS)


def serve(host: str, port: int, folder: str, master: int) -> None:
    """Serve from a thread, once the process of a former master, which may still be ending, has released the port."""
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)
    for attempt in count():
        try:
            start_http_server(port, addr=host, registry=registry)
            logger.info("Metrics are served at %s:%s", host, port)
            return
        except OSError as error:
            if not attempt:
                logger.warning("Metrics cannot be served at %s:%s yet: %s", host, port, error)
            if os.getppid() != master:
                return
            time.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
