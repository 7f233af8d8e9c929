"""A site's own server, started as its operator starts it."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support.patience import PATIENCE_SECONDS


@contextmanager
def served(
    command: Sequence[str | Path], url: str, *, folder: Path, environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Run `command` in `folder` meanwhile, from the first answer at `url` on; `log` is the file of what it prints."""
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        _wait_for_answer(server, url, log)
        yield
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def _wait_for_answer(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Raises RuntimeError, with what the server printed, where none comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            httpx2.get(url, timeout=5)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The site did not start:\n{log.read_text()}")
