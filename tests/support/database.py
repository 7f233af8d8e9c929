"""Databases of real servers: empty, migrated or with the demo people, and manage.py against them."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.support.servers.python_process import PROJECT, run_python

ADMIN_PASSWORD = "admin-password"

Environment = Mapping[str, str]


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
        """Return the rows that `query` finds, without a start of Django."""
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


def manage(*arguments: str, database: Database, env: Environment | None = None, project: Path = PROJECT) -> str:
    """Run manage.py in the folder `project`; return its output, or raise RuntimeError with all that it printed."""
    done = run_python("manage.py", *arguments, env=environment_of(database, env or {}), folder=project)
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def environment_of(database: Database, extra: Environment) -> dict[str, str]:
    """A child's environment: the tests' own (tests/conftest.py), its database, and what is asked for."""
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONUNBUFFERED": "1", "DATABASE_URL": database.url}
    return {**os.environ, **own, **extra}


def fold_journal(database: Database) -> None:
    """Write SQLite's journal back into the file, so that the file alone is the database."""
    if not database.cluster:
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
