"""The servers that are compared, one worker process each, on loopback ports of their own."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.servers.python_process import PROJECT

# With the servers that are no part of this project; `make bench` makes it.
OTHERS = PROJECT / ".venv-bench" / "bin" / "python"
START_SECONDS = 60
# This server with an event loop, which is the quicker one, and with threads.
OURS = {
    "asgi": ["-m", "gunicorn", "-c", "config/gunicorn.py", "-k", "asgi", "config.asgi"],
    "gthread": ["-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"],
}
# The same as these without what is about this server.
GUNICORN = ["-m", "gunicorn", "-c", os.devnull, "-k", "gthread", "--threads", "16", "--keep-alive", "30"]
CONTENDERS = "tests.benchmarks.contenders"


@contextmanager
def serving(command: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[str]:
    """The origin at which `command` serves, once it takes connections."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **env}, stdout=log, stderr=log)
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        except BaseException:
            log.seek(0)
            print(log.read()[-3000:].decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait()


def ours(env: Mapping[str, str], *options: str, worker: str = "asgi", workers: int = 1) -> AbstractContextManager[str]:
    port = free_port()
    bound = ["--workers", str(workers), "--bind", f"127.0.0.1:{port}"]
    return serving([sys.executable, *OURS[worker], *bound, *options], port, env)


def under_gunicorn(application: str, env: Mapping[str, str]) -> AbstractContextManager[str]:
    port = free_port()
    bound = ["--workers", "1", "--bind", f"127.0.0.1:{port}"]
    return serving([sys.executable, *GUNICORN, *bound, application], port, env)


def under_uvicorn(application: str, env: Mapping[str, str]) -> AbstractContextManager[str]:
    port = free_port()
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    return serving([str(others()), "-m", "uvicorn", application, *options], port, env)


def others() -> Path:
    if not OTHERS.exists():
        raise SystemExit(f"{OTHERS} is not there: run `make bench`.")
    return OTHERS


def serving_process(origin: str) -> int:
    """The process id of the one worker at `origin`: the child of whoever listens there first."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    port = origin.rsplit(":", 1)[1]
    masters = {pid for pid, _, command in rows if f"127.0.0.1:{port}" in command and "gunicorn" in command}
    [worker] = [pid for pid, parent, _ in rows if pid in masters and parent in masters]
    return int(worker)


def processor_seconds(process: int) -> float:
    """The processor time that a process has used so far, in user and kernel mode (proc(5), utime and stime)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not start.")
