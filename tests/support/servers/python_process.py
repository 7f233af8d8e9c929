"""Processes of Python that tests start, forked from one that has imported the packages of others already."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any, TypedDict, Unpack

from tests.support.patience import PATIENCE_SECONDS

PROJECT = Path(__file__).resolve().parents[3]

Output = IO[Any] | int


class Descriptors(TypedDict, total=False):
    """The files and descriptors of a process, as subprocess.Popen takes them."""

    stdin: Output
    stdout: Output
    stderr: Output
    pass_fds: Sequence[int]


class PythonProcess:
    """`python ARGUMENTS` in a process of its own: as subprocess.Popen, as far as tests need it.

    Arguments start with `-m`, `-c` or the path of a script in the project. `stdin`, `stdout` and `stderr` are files or
    descriptors; without one it is that of the tests. Descriptors of `pass_fds` keep their numbers.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: Output | None = None,
        stdout: Output | None = None,
        stderr: Output | None = None,
        pass_fds: Sequence[int] = (),
        new_session: bool = False,
    ) -> None:
        streams = [_descriptor(stream, number) for number, stream in enumerate((stdin, stdout, stderr))]
        asked = {
            "arguments": list(arguments),
            "env": dict(env),
            "folder": str(PROJECT),
            "descriptors": [0, 1, 2, *pass_fds],
            "new_session": new_session,
        }
        self.returncode: int | None = None
        self._replies, reply = socket.socketpair()
        with reply:
            _fork_server().send(json.dumps(asked).encode(), [reply.fileno(), *streams, *pass_fds])
        self._lines = self._replies.makefile("r")
        self.pid = self._read_number()

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._await_exit(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended; subprocess.TimeoutExpired after `timeout` seconds."""
        code = self._await_exit(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _read_number(self) -> int:
        line = self._lines.readline()
        if not line:
            raise RuntimeError("The fork server of the tests has ended. What it printed stands in their output.")
        return int(line)

    def _await_exit(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._replies], [], [], timeout)[0]:
            self.returncode = self._read_number()
            self._lines.close()
            self._replies.close()
        return self.returncode


def start_python(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    folder: Path = PROJECT,
    new_session: bool = False,
    **descriptors: Unpack[Descriptors],
) -> "PythonProcess | subprocess.Popen[bytes]":
    """Start `python ARGUMENTS`: forked where it is this project and Linux, and executed elsewhere."""
    if folder == PROJECT and hasattr(os, "pidfd_open"):
        return PythonProcess(arguments, env=env, new_session=new_session, **descriptors)
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=folder, env=env, start_new_session=new_session, **descriptors)


def run_python(*arguments: str, env: Mapping[str, str], folder: Path = PROJECT) -> "subprocess.CompletedProcess[str]":
    """Run `python ARGUMENTS` with the environment `env`, and return its exit code and what it printed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = start_python(arguments, env=env, folder=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        try:
            code = process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), errors.read())


class _ForkServerProcess:
    """This process's fork server, which ends when this process does. Scripts reach it at `address`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="mcp-python-")
        self.address = f"{self._folder.name}/commands"
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            listener.listen()
            descriptors = [theirs.fileno(), listener.fileno()]
            command = [sys.executable, "-m", "tests.support.servers.fork_server", *map(str, descriptors)]
            self._process = subprocess.Popen(command, cwd=PROJECT, pass_fds=descriptors)
        atexit.register(self._stop)

    def send(self, message: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            socket.send_fds(self._requests, [message], descriptors)

    def _stop(self) -> None:
        self._requests.close()
        self._process.wait()
        self._folder.cleanup()


@cache
def _fork_server() -> _ForkServerProcess:
    return _ForkServerProcess()


def install_python(path: Path) -> None:
    """Make a program that runs Python commands as this module does, for scripts that a test runs."""
    client = Path(__file__).with_name("fork_client.py")
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{client}" "{_fork_server().address}" "$@"\n')
    path.chmod(0o755)


@cache
def _nothing() -> int:
    return os.open(os.devnull, os.O_RDWR)


def _descriptor(stream: Output | None, number: int) -> int:
    if stream is None:
        return number
    if stream == subprocess.DEVNULL:
        return _nothing()
    return stream if isinstance(stream, int) else stream.fileno()
