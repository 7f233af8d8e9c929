"""A process that has imported the packages of others, and forks for each Python command that a test runs.

Most of the time that a command takes to start goes into these imports, and most tests of a real server start several.
Each command is still a process of its own, with its own environment, folder and descriptors, and imports this project
anew. As a program it reads one JSON message for each command, and tells its exit code through a socket.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

# Packages that the servers and manage.py import. None reads settings, or a variable of a server, while it is imported:
# gunicorn would.
PRELOADED = [
    "ada_url",
    "asyncio",
    "concurrent.futures.thread",
    "cryptography.fernet",
    "cryptography.hazmat.backends.openssl.backend",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "cryptography.x509",
    "django.core.handlers.asgi",
    "django.core.handlers.wsgi",
    "django.core.mail",
    "django.core.management",
    "django.db.backends.sqlite3.base",
    "django.db.migrations.executor",
    "django.db.models",
    "django.forms",
    "django.http",
    "django.middleware.cache",
    "django.middleware.csrf",
    "django.middleware.http",
    "django.template",
    "django.test.signals",
    "django.urls",
    "django.views.debug",
    "django.views.i18n",
    "email.mime.multipart",
    "environ",
    "fido2.server",
    "http.cookiejar",
    "janus",
    "jsonschema",
    "jwcrypto.jwk",
    "jwcrypto.jwt",
    "jwt",
    "limits",
    "mcp_types.methods",
    "multiprocessing.context",
    "oauthlib.oauth2",
    "psycopg",
    "psycopg_pool",
    "pydantic",
    "pygments.formatters.html",
    "pygments.lexers.special",
    "re2",
    "referencing",
    "requests",
    "sqlite3",
    "sqlparse",
    "ssl",
    "statistics",
    "whitenoise.base",
    "yaml",
]
MOST_OCTETS = 1_000_000
MOST_DESCRIPTORS = 32
# Above those that a command asks for by number.
FIRST_SPARE_DESCRIPTOR = 300

Command = Callable[[], None]


class ForkServer:
    """Forks for each command until `requests` is closed, which ends this process.

    Commands come from the tests by `requests`, and from shell scripts by connections to `listener`.
    """

    def __init__(self, requests: socket.socket, listener: socket.socket) -> None:
        self._requests = requests
        self._listener = listener
        # The process of each descriptor that tells when it has ended, and where to report that.
        self._running: dict[int, tuple[int, socket.socket]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ)
        self._selector.register(listener, selectors.EVENT_READ)

    def run(self) -> Command:
        """Return in each fork, with what it has to run."""
        while True:
            for key, _ in self._selector.select():
                if key.fd in self._running:
                    self._report_exit(key.fd)
                elif command := self._start(*self._receive(key.fileobj)):
                    return command

    def _receive(self, source: object) -> tuple[bytes, list[int]]:
        """Return one request, with its descriptors."""
        connection = self._requests if source is self._requests else self._listener.accept()[0]
        message, descriptors, _, _ = socket.recv_fds(connection, MOST_OCTETS, MOST_DESCRIPTORS)
        if connection is not self._requests:
            connection.close()
        elif not message:
            sys.exit()
        return message, descriptors

    def _start(self, message: bytes, descriptors: list[int]) -> Command | None:
        """Return, in the new process alone, what it has to run. A script that ended while it asked starts nothing."""
        if not message:
            return None
        reply = socket.socket(fileno=descriptors.pop(0))
        request = json.loads(message)
        pid = os.fork()
        if pid == 0:
            self._close()
            if request["new_session"]:
                os.setsid()
            with reply:
                reply.sendall(f"{os.getpid()}\n".encode())
            return prepare(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        exited = os.pidfd_open(pid)
        self._running[exited] = pid, reply
        self._selector.register(exited, selectors.EVENT_READ)
        return None

    def _close(self) -> None:
        self._selector.close()
        self._requests.close()
        self._listener.close()
        for exited, (_, reply) in self._running.items():
            os.close(exited)
            reply.close()

    def _report_exit(self, exited: int) -> None:
        self._selector.unregister(exited)
        pid, reply = self._running.pop(exited)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(exited)
        with reply, contextlib.suppress(OSError):
            reply.sendall(f"{code}\n".encode())


def prepare(request: dict[str, Any], descriptors: list[int]) -> Command:
    """Make this process what Python would be that starts with the command, and return what runs it."""
    place_descriptors(descriptors, request["descriptors"])
    os.chdir(request["folder"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[:1] = [request["folder"], *filter(None, request["env"].get("PYTHONPATH", "").split(os.pathsep))]
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(descriptor, "w", closefd=False)
        setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process lasts
    # Collections cost what they cost in a process that imported these packages itself.
    gc.unfreeze()
    gc.enable()
    return command_of(request["arguments"])


def place_descriptors(received: list[int], wanted: list[int]) -> None:
    """Give each descriptor the number that the command knows it by."""
    assert max(wanted) < FIRST_SPARE_DESCRIPTOR
    spare = [os.dup2(descriptor, FIRST_SPARE_DESCRIPTOR + at) for at, descriptor in enumerate(received)]
    for descriptor in received:
        os.close(descriptor)
    for descriptor, number in zip(spare, wanted, strict=True):
        os.dup2(descriptor, number, inheritable=True)
        os.close(descriptor)


def command_of(arguments: list[str]) -> Command:
    """Return what `python` does with such arguments: `-m module …`, `-c code …`, or a script's path."""
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        return lambda: run_module(arguments[1])
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        return lambda: run_code(arguments[1])
    sys.argv = arguments
    return lambda: run_script(arguments[0])


def run_module(name: str) -> None:
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def run_code(code: str) -> None:
    module = sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(code, "<string>", "exec"), vars(module))  # noqa: S102 - the tests' own


def run_script(path: str) -> None:
    runpy.run_path(path, run_name="__main__")


def main() -> None:
    requests, listener = (socket.socket(fileno=int(descriptor)) for descriptor in sys.argv[1:])
    gc.disable()
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run = ForkServer(requests, listener).run()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
