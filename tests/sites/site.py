"""A Django project that is not this one: a copy of a folder beside this file, with a database of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from secrets import token_urlsafe

from tests.sites.server import served
from tests.support.database import Database
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port
from tests.support.servers.console import Console
from tests.support.servers.python_process import PROJECT

# Of the project's folder, so that the site's own packages are imported from its folder alone.
NOT_COPIED = ("__pycache__", "added")
# Modules to which the server's lines are added.
ADDED_TO = ("settings", "urls", "asgi")


class SiteConsole(Console):
    """Django's shell of a site."""

    def __init__(self, site: "Site") -> None:
        super().__init__(site.environment)
        self._folder = site.folder

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.support.servers.console"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=self._folder, env=self._env, stdin=pipe, stdout=pipe)
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._scripts, self._results = TextIOWrapper(process.stdin), TextIOWrapper(process.stdout)


class Site:
    """The site in `folder`, whose settings and addresses are those of `template` until `add_server`.

    Its database is empty, or a copy of `rows`. Nothing in it can import the packages that it `lacks`.
    """

    def __init__(
        self, template: Path, folder: Path, *, rows: Database | None = None, lacks: tuple[str, ...] = ("allauth",)
    ) -> None:
        self.template, self.folder = template, folder
        shutil.copytree(template, folder, ignore=shutil.ignore_patterns(*NOT_COPIED), dirs_exist_ok=True)
        for name in lacks:
            (folder / f"{name}.py").write_text(f'raise ModuleNotFoundError("{name} is not installed", name="{name}")\n')
        self.package = next(path.parent for path in folder.glob("*/settings.py"))
        self.database = Database(rows)
        self.port = free_port()
        self.environment = {
            # Nothing of the tests' own settings.
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "PYTHONPATH": os.pathsep.join((str(folder), str(PROJECT))),
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": token_urlsafe(50),
            "DATABASE_URL": self.database.url,
            "PUBLIC_URL": self.url,
            "DJANGO_SETTINGS_MODULE": f"{self.package.name}.settings",
        }
        self._console = SiteConsole(self)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def add_server(self) -> None:
        """Add to its settings and addresses what the server needs."""
        for name in ADDED_TO:
            with (self.package / f"{name}.py").open("a") as file:
                file.write((self.template / "added" / f"{name}.txt").read_text())

    def remove_server(self) -> None:
        for name in ADDED_TO:
            shutil.copy(self.template / self.package.name / f"{name}.py", self.package)

    def manage(self, *arguments: str) -> str:
        """Run its manage.py; return what it printed. Raises RuntimeError, with that, where it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def shell(self, code: str) -> str:
        """Run Python in the site, where Django's shell has imported its models; return what it printed."""
        return self._console.run(code).strip()

    def close(self) -> None:
        """End its shell, which keeps no settings and connections of before then."""
        self._console.stop()

    def remove(self) -> None:
        self.close()
        self.database.drop()

    @contextmanager
    def served(self, by: str = "wsgi") -> Iterator[Path]:
        """Serve the site by its own WSGI or ASGI application meanwhile; return the file of what it prints."""
        log = self.folder / "server.log"
        worker = ["--threads", "4"] if by == "wsgi" else ["--worker-class", "asgi"]
        command = [sys.executable, "-m", "gunicorn", f"{self.package.name}.{by}", *worker]
        command += ["--bind", f"127.0.0.1:{self.port}", "--no-control-socket"]
        with served(command, self.url, folder=self.folder, environment=self.environment, log=log):
            yield log
