"""Versions of the project: their files from its history, and a server that runs in a folder of them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import missing
from tests.support.database import Database, Template
from tests.support.ports import free_port
from tests.support.servers.python_process import PROJECT
from tests.support.servers.server import LiveServer

WORKERS = 2


def git(*arguments: str) -> bytes:
    """Return the output of git; the test is skipped outside a clone with its history."""
    done = subprocess.run(["git", "-C", PROJECT, *arguments], capture_output=True, check=False)
    if done.returncode:
        missing(f"git {arguments[0]}: {done.stderr.decode().strip()}")
    return done.stdout


def versions() -> list[str]:
    """Return the version of this project and the one before (CHANGELOG.md)."""
    changes = (PROJECT / "CHANGELOG.md").read_text()
    return re.findall(r"^## \[(\d\S*)\] - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)[:2]


def last_release() -> str:
    """Return what a server may run before it is upgraded to this version: the last commit of the version before."""
    newest, _ = versions()
    changed = git("log", "--format=%H", "-S", f'version = "{newest}"', "--", "pyproject.toml").decode().split()
    return f"{changed[-1]}~1"


def unpack(revision: str, site: Path) -> None:
    """Put the files of `revision` into the new folder `site`."""
    site.mkdir()
    subprocess.run(["tar", "--extract", "--directory", site], input=git("archive", revision), check=True)


def pull(site: Path) -> None:
    """Bring the files in `site` to the state of this project, one after the other as git does."""
    ours = {Path(os.fsdecode(name)) for name in git("ls-files", "-z", "-co", "--exclude-standard").split(b"\0") if name}
    theirs = {path.relative_to(site) for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    for path in ours:
        if (PROJECT / path).exists():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / path, site / f"{path}.new")
            (site / f"{path}.new").replace(site / path)
    for path in theirs - ours:
        (site / path).unlink()


class Site(LiveServer):
    """A server that runs in a folder of its own, with a database that the version there made."""

    def __init__(self, template: Template, site: Path, application: str) -> None:
        super().__init__(template, workers=WORKERS, application=application, project=site)
        self.port = free_port()
        self.manage("migrate", "--verbosity", "0")

    def _make_database(self, template: Template) -> Database:
        return Database()

    def times(self, line: str) -> int:
        return self.log.count(line)

    def goes_on(self) -> bool:
        assert self._process
        return self._process.poll() is None

    def can_be_upgraded_while_it_runs(self) -> bool:
        """Return whether the version here finds its tables after `migrate`: on SQLite, not if they get other names."""
        return bool(self.database.cluster) or "label = " in (self.project / "accounts" / "apps.py").read_text()
