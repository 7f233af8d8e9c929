"""The wheel of the checkout, built as `pip install .` builds it."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.support.packaging.environments import environment, output_of, packages_of_the_wheel
from tests.support.servers.python_process import PROJECT

SETUPTOOLS = "setuptools==84.2.1"


def python_of_the_wheel() -> Path:
    """Return the Python of an environment with what builds the wheel, and with all that its modules need."""
    return environment(".venv-wheel", f"{SETUPTOOLS}\n{packages_of_the_wheel('allauth')}\n")


def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, which is built once for all workers of a run."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(folder.glob("*.whl")):
            output_of([python_of_the_wheel(), "-m", "pip", "--disable-pip-version-check", "wheel", *options(folder)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def options(folder: Path) -> list[str | Path]:
    """Return those for a build that reaches no registry."""
    return ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, PROJECT]
