"""A site in an environment of its own, in which the wheel can be installed."""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.sites.packaged.sites import Kind
from tests.sites.server import served
from tests.support.packaging.environments import Overlay, environment, output_of, packages_of_the_wheel
from tests.support.ports import free_port

# Rows that Django makes for each app; a browser's sessions.
OF_DJANGO = {"django_content_type", "auth_permission", "django_migrations", "django_session"}
OF_DJANGO |= {"auth_group", "auth_group_permissions", "django_admin_log"}
# A sign-in writes it.
CHANGES = {"last_login"}
# A CSRF token, and what Wagtail adds to its files' addresses at each start.
RANDOM = re.compile(r"\b\w{64}\b|\?v=\w{8}\b")
# Headers with a time or a random value.
DIFFER = {"date", "expires", "set-cookie", "content-length"}

Rows = dict[str, set[tuple[Any, ...]]]


class PackagedSite:
    """A site of `kind` in `folder`, with its rows, before the server is added."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        requirements = (kind.folder / "requirements.txt").read_text()
        base = environment(f".venv-site-{kind.name}", f"{requirements}{packages_of_the_wheel()}\n")
        self.kind, self.port = kind, free_port()
        self.overlay, self.root = Overlay(base, folder / "environment"), folder / "site"
        self.variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.package = self.root / "mysite"
        self.settings, self.urls = self.package / kind.settings, self.package / "urls.py"
        self._make()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mcp_url(self) -> str:
        return f"{self.url}/mcp"

    def _make(self) -> None:
        self.root.mkdir()
        self.python(*self.kind.start, ".")
        kept = shutil.ignore_patterns("__pycache__", "mcp_tools.py")
        shutil.copytree(self.kind.app_folder, self.root / self.kind.app, ignore=kept)
        append(self.settings, (self.kind.folder / "settings.txt").read_text())
        append(self.urls, (self.kind.folder / "urls.txt").read_text())
        self.manage("makemigrations", self.kind.app)
        self.manage("migrate")
        self.manage("shell", "-c", (self.kind.folder / "rows.py").read_text())

    def python(self, *arguments: str) -> str:
        return output_of([self.overlay.python, *arguments], cwd=self.root, env=self.variables)

    def manage(self, *arguments: str) -> str:
        """Run its manage.py; return what it printed. Raises RuntimeError, with that, where it fails."""
        return self.python("manage.py", *arguments)

    def rows(self) -> Rows:
        """Return the rows of each of its tables, without what a sign-in changes."""
        with closing(sqlite3.connect(self.root / "db.sqlite3")) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            # Of SQLite's own, with the highest keys.
            tables.remove("sqlite_sequence")
            return {name: set(rows_of(database, name)) for name in tables}

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve the site by its own application meanwhile."""
        address = ("--bind", f"127.0.0.1:{self.port}") if "gunicorn" in self.kind.server else ("--port", str(self.port))
        log = self.root.parent / "server.log"
        command: list[str | Path] = [self.overlay.python, *self.kind.server, *address]
        with served(command, self.url, folder=self.root, environment=self.variables, log=log):
            yield

    def pages(self) -> dict[str, tuple[int, dict[str, str], str]]:
        """Return the status, headers and text of its own pages, without what differs each time."""
        return {path: comparable(httpx2.get(f"{self.url}{path}")) for path in self.kind.pages}


def append(path: Path, text: str) -> None:
    path.write_text(f"{path.read_text()}\n{text}")


def rows_of(database: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    found = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name of the database
    kept = [number for number, column in enumerate(found.description) if column[0] not in CHANGES]
    return (tuple(row[number] for number in kept) for row in found)


def comparable(response: httpx2.Response) -> tuple[int, dict[str, str], str]:
    headers = {name: value for name, value in response.headers.items() if name not in DIFFER}
    return response.status_code, headers, RANDOM.sub("", response.text)
