"""Environments of Python for programs that need other packages than the tests."""

import fcntl
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conftest import missing
from tests.support.servers.python_process import PROJECT

INSTALL_SECONDS = 600
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)$", re.MULTILINE)
DEPENDENCY = re.compile(r"([\w.-]+)(\[[\w,-]+\])?(.*)")


def environment(name: str, requirements: str) -> Path:
    """Return the Python of the environment `name` at the project's top, made once for each change of `requirements`.

    Skips or fails the test where it cannot be made.
    """
    folder = PROJECT / name
    stamp, wanted = folder / ".installed", hashlib.sha256(requirements.encode()).hexdigest()
    with (PROJECT / "pyproject.toml").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            create(folder, requirements)
            stamp.write_text(wanted)
    return folder / "bin" / "python"


def create(folder: Path, requirements: str) -> None:
    run_or_skip([sys.executable, "-m", "venv", "--clear", str(folder)], folder.name)
    listed = folder / "requirements.txt"
    listed.write_text(requirements)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run_or_skip([*pip, "--requirement", str(listed)], folder.name)


def run_or_skip(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode:
        missing(f"The packages of {name} cannot be installed: {done.stderr[-1000:]}")


def packages_of_the_wheel(extra: str = "") -> str:
    """Return what the wheel depends on, with those of `extra`, in the versions of requirements.txt."""
    return "\n".join(f"{name}{extras}=={pins()[canonical(name)]}" for name, extras, _ in dependencies(extra))


def pins() -> dict[str, str]:
    """Return the versions of the packages in requirements.txt."""
    return {canonical(name): version for name, version in PIN.findall((PROJECT / "requirements.txt").read_text())}


def dependencies(extra: str = "") -> list[tuple[str, str, str]]:
    """Return the dependencies of the wheel in pyproject.toml, with those of `extra`: each name, extras and range."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]
    return [DEPENDENCY.fullmatch(each).groups("") for each in listed]  # type: ignore[union-attr, misc]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class Overlay:
    """An environment in `folder` with nothing of its own but what `pip` installs: its other packages are of `base`."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.base, self.python = base, folder / "bin" / "python"
        subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
        (packages,) = base.parent.parent.glob("lib/python3*/site-packages")
        (own,) = folder.glob("lib/python3*/site-packages")
        (own / "base.pth").write_text(f"{packages}\n")

    def pip(self, command: str, *arguments: str | Path) -> str:
        """Run pip, which reaches no registry; return what it printed. Raises RuntimeError where it fails."""
        offline = ["--no-index"] if command == "install" else []
        pip: list[str | Path] = [self.base, "-m", "pip", "--python", self.python, "--disable-pip-version-check"]
        return output_of([*pip, command, *offline, *arguments])


def output_of(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Return what `command` printed. Raises RuntimeError, with that, where it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr
