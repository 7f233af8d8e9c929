"""Django's shell for scripts that come one after the other: Django is loaded once, and each runs in a copy of its own.

As a program it reads a line of JSON for each script, and writes a line: how it ended, and what it printed.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import suppress
from subprocess import Popen
from threading import Lock
from typing import Any

from tests.support.servers.python_process import PythonProcess, start_python


class Console:
    """A process with the environment `env`, which starts with the first script."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._process: PythonProcess | Popen[bytes] | None = None
        # Threads of a test take turns.
        self._lock = Lock()

    def run(self, script: str) -> str:
        """Return what `script` printed. Raises RuntimeError, with its output, if it failed."""
        with self._lock:
            if self._process is None:
                self._start()
            with suppress(BrokenPipeError):
                self._scripts.write(json.dumps(script) + "\n")
                self._scripts.flush()
            line = self._results.readline()
        if not line:
            raise RuntimeError("Django's shell has ended; its error is in the output of the tests.")
        done = json.loads(line)
        if done["status"]:
            raise RuntimeError(f"The script failed:\n{done['printed']}{done['errors']}")
        return str(done["printed"])

    def stop(self) -> None:
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._scripts.close()
            self._process.wait()
            self._results.close()
            self._process = None

    def _start(self) -> None:
        (stdin, scripts), (results, stdout) = os.pipe(), os.pipe()
        self._process = start_python(["-m", "tests.support.servers.console"], env=self._env, stdin=stdin, stdout=stdout)
        os.close(stdin)
        os.close(stdout)
        self._scripts, self._results = os.fdopen(scripts, "w"), os.fdopen(results)


def serve() -> None:
    import django

    django.setup()
    from django.core.management.commands.shell import Command

    names = Command().get_namespace(verbosity=0)
    for line in sys.stdin:
        print(json.dumps(run_in_copy(json.loads(line), names)), flush=True)


def run_in_copy(script: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run `script`, which sees `names`, in a copy of this process: it leaves no connection, cache or change behind."""
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            os.dup2(printed.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            execute(script, names)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        printed.seek(0)
        errors.seek(0)
        return {"status": status, "printed": printed.read(), "errors": errors.read()}


def execute(script: str, names: dict[str, Any]) -> None:
    """Run `script`, and end this process."""
    status = 0
    try:
        exec(script, {**names, "__name__": "__main__"})  # noqa: S102 - the tests' own
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    serve()
