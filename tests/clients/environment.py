"""Environments of programs that need other packages than the tests, each made of a requirements.txt."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

from tests.conftest import missing
from tests.support.python_process import PROJECT

INSTALL_SECONDS = 300
FASTMCP_SERVER = Path(__file__).resolve().parent / "fastmcp_server"


def python(folder: Path, name: str) -> Path:
    """Return the Python of the environment `name`, made once for each change of the requirements in `folder`.

    Skips or fails the test where it cannot be made.
    """
    environment, requirements = PROJECT / name, folder / "requirements.txt"
    with requirements.open("rb") as listed:
        fcntl.flock(listed, fcntl.LOCK_EX)
        stamp, wanted = environment / ".installed", hashlib.sha256(listed.read()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            _create(environment, requirements)
            stamp.write_text(wanted)
    return environment / "bin" / "python"


def _create(environment: Path, requirements: Path) -> None:
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(environment)], [*pip, "-r", str(requirements)]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            missing(f"The packages of {requirements} cannot be installed: {done.stderr[-1000:]}")
