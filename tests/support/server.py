"""The real application, run as in production, for tests that speak real HTTP to it."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx2
import psycopg
from psycopg import sql

from tests.support.console import Console
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import listen
from tests.support.python_process import PythonProcess, run_python

PROJECT = Path(__file__).resolve().parents[2]
ADMIN_PASSWORD = "admin-password"
# Generous: two of them may start at once on a small machine that also runs a browser.
STOP_SECONDS = 10

Environment = Mapping[str, str]

# The kinds of workers, each with its application, and the one that tests are about where they name none.
# On SQLite those are threads, and on PostgreSQL the event loop (Makefile): so both are tested.
APPLICATIONS = {"gthread": "config.wsgi", "asgi": "config.asgi"}
WORKER = os.environ.get("TEST_WORKER", "gthread")


class Database:
    """A database: a SQLite file in a folder `under` another, or one in the tests' PostgreSQL cluster.

    It is new, and empty or a copy of `template`, unless it is the one that was made under a `name`.
    """

    def __init__(
        self, template: "Database | None" = None, *, under: str | None = None, name: str | None = None
    ) -> None:
        self.name = name or f"live_{uuid4().hex}"
        self.cluster = os.environ["DATABASE_URL"] if os.environ["DATABASE_URL"].startswith("postgres") else None
        self.folder: str | None = None
        if self.cluster:
            self.url = urlunsplit(urlsplit(self.cluster)._replace(path=f"/{self.name}"))
            if not name:
                self._command("CREATE DATABASE {name} TEMPLATE {template}", template.name if template else "template1")
        else:
            self.folder = str(Path(under or tempfile.gettempdir(), self.name))
            self.path = Path(self.folder, "db.sqlite3")
            self.url = f"sqlite:///{self.path}"
            if not name:
                Path(self.folder).mkdir(mode=0o700)
            if template:
                shutil.copy(template.path, self.path)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What `query` finds, at once: without a Django that has to start first."""
        if self.cluster:
            with psycopg.connect(self.url) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        if self.cluster:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(statement.encode())
            return
        with closing(sqlite3.connect(self.path)) as file, file:
            file.execute(statement)

    def drop(self) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            self._command("DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _command(self, statement: str, template: str = "") -> None:
        names = {"name": sql.Identifier(self.name), "template": sql.Identifier(template or "template1")}
        with psycopg.connect(self.cluster or "", autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(**names))


class Template:
    """A database with the demo people, to be copied for each server: a copy of a `migrated` one, or migrated here."""

    def __init__(self, migrated: Database | None = None) -> None:
        self.database = Database(migrated)

    def __enter__(self) -> Self:
        manage("migrate", "--verbosity", "0", database=self.database)
        # The demo people exist in DEBUG alone; the server that they sign in to runs without it.
        debug = {"DEBUG": "true", "ADMIN_PASSWORD": ADMIN_PASSWORD}
        manage("seed_demo", database=self.database, env=debug)
        fold_journal(self.database)
        return self

    def __exit__(self, *error: object) -> None:
        self.database.drop()


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
        """Where to reach it. Not the same as its PUBLIC_URL where `env` sets another."""
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
        env = _environment(self.database, self.settings)
        handed, output = [listener.fileno()], self._output
        if self.project == PROJECT:
            return PythonProcess(arguments, env=env, pass_fds=handed, stdout=output, stderr=output, new_session=True)
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.project,
            env=env,
            pass_fds=handed,
            stdout=output,
            stderr=output,
            start_new_session=True,
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
            # QUIT ends the workers at once: nobody waits for an answer any more.
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            # A worker that was still starting may have missed it.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
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
            self._console = Console(_environment(self.database, self.settings))
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


def manage(*arguments: str, database: Database, env: Environment | None = None, project: Path = PROJECT) -> str:
    """Run manage.py in the folder `project`; return its output, or raise RuntimeError with all that it printed."""
    env = _environment(database, env or {})
    if project == PROJECT:
        done = run_python("manage.py", *arguments, env=env)
    else:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=project, env=env, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _environment(database: Database, extra: Environment) -> dict[str, str]:
    """A child's environment: the tests' own (tests/conftest.py), its database, and what is asked for."""
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1", "DATABASE_URL": database.url}
    return {**os.environ, **own, **extra}


def fold_journal(database: Database) -> None:
    """Write SQLite's journal back into the file, so that the file alone is the database."""
    if not database.cluster:
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
