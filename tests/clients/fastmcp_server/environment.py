"""The environment of the programs in this folder, apart from that of the tests."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

from tests.conftest import missing
from tests.support.python_process import PROJECT

FOLDER = Path(__file__).resolve().parent
INSTALL_SECONDS = 300


def python() -> Path:
    """Return the Python of the environment, which is made once for each change of its requirements.

    Skips or fails the test where it cannot be made.
    """
    environment, requirements = PROJECT / ".venv-clients", FOLDER / "requirements.txt"
    with requirements.open("rb") as listed:
        fcntl.flock(listed, fcntl.LOCK_EX)
        stamp, wanted = environment / ".installed", hashlib.sha256(listed.read()).hexdigest()
        if not stamp.exists() or stamp.read_text() != wanted:
            create(environment, requirements)
            stamp.write_text(wanted)
    return environment / "bin" / "python"


def create(environment: Path, requirements: Path) -> None:
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(environment)], [*pip, "-r", str(requirements)]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            missing(f"fastmcp_tasks cannot be installed: {done.stderr[-1000:]}")
