"""The real application, run as in production, for tests that speak real HTTP to it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from tests.support.database import Database, Environment, Template, environment_of, manage
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import listen
from tests.support.servers.console import Console
from tests.support.servers.python_process import PROJECT, PythonProcess, start_python

STOP_SECONDS = 10

# The kinds of workers, each with its application, and the one that tests are about where they name none.
# On SQLite those are threads, and on PostgreSQL the event loop (Makefile): so both are tested.
APPLICATIONS = {"gthread": "config.wsgi", "asgi": "config.asgi"}
WORKER = os.environ.get("TEST_WORKER", "gthread")


class LiveServer:
    """gunicorn serving the application on a free loopback port, with a database of its own.

    `url` is its PUBLIC_URL, `mcp_url` the endpoint, `log` what it printed so far. `env` adds to
    its settings, such as {"TRUSTED_PROXY": "true"}. `health` is what /health says once it runs. `application` is
    what gunicorn loads, from the folder `project`.
    """

    def __init__(
        self,
        template: Template,
        *,
        workers: int = 2,
        env: Environment | None = None,
        health: int = 200,
        application: str = "",
        project: Path = PROJECT,
    ) -> None:
        self.project = project
        self.application = [application] if application else ["--worker-class", WORKER, APPLICATIONS[WORKER]]
        self.database = self._make_database(template)
        self.workers = workers
        self.health = health
        self.port = 0
        self._extra = dict(env or {})
        self._process: subprocess.Popen[bytes] | PythonProcess | None = None
        self._console: Console | None = None
        self._output = tempfile.NamedTemporaryFile(prefix="mcp-server-", suffix=".log")  # noqa: SIM115 - until stop()

    def _make_database(self, template: Template) -> Database:
        return Database(template.database)

    @property
    def url(self) -> str:
        """The address to reach it at. It differs from its PUBLIC_URL if `env` sets another."""
        return f"http://localhost:{self.port}"

    @property
    def mcp_url(self) -> str:
        return f"{self.url}/mcp"

    @property
    def log(self) -> str:
        """Everything that the server and its workers printed so far."""
        return Path(self._output.name).read_text(errors="replace")

    @property
    def settings(self) -> dict[str, str]:
        """The server's own settings, as its environment states them."""
        return {"PUBLIC_URL": self.url, **self._extra}

    def start(self) -> Self:
        """Start the server and wait until /health answers; RuntimeError, with its log, when it does not."""
        with socket.create_server(("127.0.0.1", self.port)) if self.port else listen() as listener:
            # The socket itself is handed over: a port that was only looked up could be gone by then.
            self.port = listener.getsockname()[1]
            self._process = self._start_gunicorn(listener)
        try:
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_gunicorn(self, listener: socket.socket) -> "subprocess.Popen[bytes] | PythonProcess":
        arguments = ["-m", "gunicorn", "-c", "config/gunicorn.py", *self.application]
        arguments += ["--bind", f"fd://{listener.fileno()}", "--workers", str(self.workers), "--no-control-socket"]
        env = environment_of(self.database, self.settings)
        return start_python(
            arguments,
            env=env,
            folder=self.project,
            pass_fds=[listener.fileno()],
            stdout=self._output,
            stderr=self._output,
            new_session=True,
        )

    @property
    def worker_pids(self) -> list[int]:
        """Its processes that answer requests: beside them, one may serve figures."""
        assert self._process
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"metrics_server" not in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def ask_to_stop(self) -> None:
        """Let it end in good order, as a deploy does."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)

    def reload(self) -> None:
        """Let new processes take over from the old ones, as `systemctl reload` does."""
        assert self._process
        self._process.send_signal(signal.SIGHUP)

    def restart(self, **env: str) -> None:
        """Stop it in good order and start it again on the same port, with the same database, and `env` beside."""
        self._extra.update(env)
        self._stop_console()
        self.ask_to_stop()
        assert self._process
        self._process.wait(STOP_SECONDS)
        self.start()

    def stop(self) -> None:
        """Stop the server and drop its database. What it printed is gone too."""
        self._stop_console()
        if self._process is not None:
            # Its workers and whatever they started as well, without waiting for threads that are busy.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        self._output.close()
        self.database.drop()

    def kill_a_worker(self) -> int:
        """End one of its processes as the kernel does when memory runs out; return its id."""
        worker = self.worker_pids[0]
        os.kill(worker, signal.SIGKILL)
        return worker

    def manage(self, *arguments: str, env: Environment | None = None) -> str:
        """Run manage.py against the server's database, in a process of its own; return what it printed.

        For instance `server.manage("shell", "-c", "Client.objects.all().delete()")`: Django's shell has
        imported every model already.
        """
        env = {**self.settings, **(env or {})}
        return manage(*arguments, database=self.database, env=env, project=self.project)

    def shell(self, code: str) -> str:
        """Run Python in another process that shares the server's database; return what it printed.

        It sees every model, as in Django's own shell.
        """
        if self.project != PROJECT:
            # Another release, which may know no console; before 0.3.0 the helpers were one folder higher.
            if not (self.project / "tests" / "support").is_dir():
                code = code.replace("tests.support.", "tests.")
            return self.manage("shell", "--verbosity", "0", "--command", code).strip()
        if self._console is None:
            self._console = Console(environment_of(self.database, self.settings))
        return self._console.run(code).strip()

    def add_person(self, username: str, password: str, *, superuser: bool = False) -> None:
        """Add a person whom a test may suspend without a thought for the others."""
        create = "create_superuser" if superuser else "create_user"
        self.shell(f"User.objects.{create}({username!r}, password={password!r})")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _stop_console(self) -> None:
        if self._console is not None:
            self._console.stop()
            self._console = None

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        answer = "nothing"
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                response = httpx2.get(f"{self.url}/health", timeout=5)
            except httpx2.HTTPError as error:
                answer = repr(error)
            else:
                if response.status_code == self.health:
                    return
                answer = f"{response.status_code} {response.text[:200]}"
            time.sleep(0.1)
        raise RuntimeError(f"The server is not healthy; /health said {answer}. Its log:\n{self.log}")
