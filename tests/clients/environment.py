"""Environments of programs that need other packages than the tests, each made of a requirements.txt."""

from pathlib import Path

from tests.support.packaging.environments import environment

FASTMCP_SERVER = Path(__file__).resolve().parent / "fastmcp_server"


def python(folder: Path, name: str) -> Path:
    """Return the Python of the environment `name`, made once for each change of the requirements in `folder`.

    Skips or fails the test where it cannot be made.
    """
    return environment(name, (folder / "requirements.txt").read_text())
