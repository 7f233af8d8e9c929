"""Django's shell for scripts that come one after the other: Django is loaded once, and each runs in a copy of its own.

As a program it reads a line of JSON for each script, and writes a line: how it ended, and what it printed.
"""

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Lock
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


class Console:
    """A process with the environment `env`, which starts with the first script."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._process: Popen[str] | None = None
        # Threads of a test take turns.
        self._lock = Lock()

    def run(self, script: str) -> str:
        """What `script` printed. Raises RuntimeError, with all that it printed, where it failed."""
        with self._lock:
            if self._process is None:
                command = [sys.executable, "-m", "tests.support.console"]
                self._process = Popen(command, cwd=PROJECT, env=self._env, stdin=PIPE, stdout=PIPE, text=True)
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(script) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("Django's shell did not start; what it said stands above.")
        done = json.loads(line)
        if done["status"]:
            raise RuntimeError(f"The script failed:\n{done['printed']}{done['errors']}")
        return str(done["printed"])

    def stop(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None


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
