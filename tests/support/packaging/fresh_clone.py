"""A fresh copy of the project, in which a test follows the manual."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import PROJECT
from tests.support.database import Database
from tests.support.patience import PATIENCE_SECONDS
from tests.support.servers.python_process import install_python

# A block, and, where it is a file's, the name that stands in the sentence before it.
BLOCK = re.compile(r"(?:`(library/\w+\.py)`[^`\n]*(?:`[^`\n]*`[^`\n]*)?:\n\n)?```(sh|python)\n(.*?)```", re.DOTALL)
# The cache of mypy stays: type checks without it take half a minute.
NOT_IN_A_CLONE = (".git", ".venv*", "node_modules", "__pycache__", ".env", "*.sqlite3*", ".pytest_cache", ".hypothesis")


class Project:
    """A fresh clone, whose environment has the packages already, and whose database is a copy of `migrated`."""

    def __init__(self, folder: Path, migrated: Database) -> None:
        self.folder = folder
        shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        install_python(python)
        # As `make run` makes it.
        example = (folder / ".env.example").read_text()
        key = "known-to-everybody-and-as-long-as-a-key-must-be-for-this-test-alone"
        (folder / ".env").write_text(example.replace("SECRET_KEY=\n", f"SECRET_KEY={key}\n", 1))
        shutil.copy(migrated.path, folder)
        for command in ("migrate", "seed_demo"):
            self.run(f".venv/bin/python manage.py {command}")

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the tests' own."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def run(self, command: str, folder: Path | None = None) -> str:
        """Run `command` in the project, or in `folder`, and return what it printed."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def follow(self) -> dict[str, str]:
        """Write each file and run each command, in their order. Returns what each command printed."""
        text = (self.folder / "docs" / "first-tool.md").read_text()
        printed = {}
        for name, kind, content in BLOCK.findall(text):
            if kind == "python":
                assert name, f"Which file is this?\n{content}"
                (self.folder / name).write_text(content)
            else:
                printed.update({command: self.run(command) for command in content.strip().splitlines()})
        return printed
