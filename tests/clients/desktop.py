"""A machine where programs open a browser by themselves, and a scripted person sits at it.

`python -m tests.clients.desktop URL` is that browser: it signs in, approves, and follows the
redirect to the program's own listener on loopback.
"""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.clients.nodejs import NODE
from tests.support.people.browser import Person
from tests.support.servers.python_process import PROJECT

# A program may open the browser just before it listens.
PATIENCE_SECONDS = 15


class Desktop:
    """`env` is the environment for programs that run here; `visits` are the addresses that they opened."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self._visits = folder / "visits"
        # What went wrong in the browser goes to a file: the programs that open it do not listen.
        self._complaints = folder / "complaints"
        self._opened: list[subprocess.Popen[bytes]] = []
        browser = folder / "browser"
        here = shlex.join(["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "tests.clients.desktop"])
        files = shlex.join([str(self._visits), str(self._complaints)])
        browser.write_text(f'#!/bin/sh\nexec {here} {files} "$1"\n')
        browser.chmod(0o755)
        self.browser = str(browser)
        # Nothing of the real desktop: what opens addresses there would not ask for BROWSER.
        self.env = {
            "PATH": os.pathsep.join([str(NODE.parent) if NODE else "", "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(folder),
            "BROWSER": self.browser,
            "XDG_CURRENT_DESKTOP": "X-Generic",
        }

    def open(self, url: str, *_: object) -> bool:
        """Open the browser, as Python's webbrowser.open does: without waiting for it."""
        self._opened.append(subprocess.Popen([self.browser, url], env=self.env))
        return True

    def close(self) -> None:
        """Wait for the browsers that were opened here; raise AssertionError with what went wrong in one."""
        for browser in self._opened:
            browser.wait(PATIENCE_SECONDS)
        assert not self._complaints.exists(), self._complaints.read_text()

    @property
    def visits(self) -> list[str]:
        return self._visits.read_text().splitlines() if self._visits.exists() else []

    @property
    def client_id(self) -> str:
        """As which client the program sent its person to the server last."""
        return parse_qs(urlsplit(self.visits[-1]).query)["client_id"][0]


def visit(url: str) -> None:
    """Sign in, approve, and bring the answer to whoever listens for it."""
    callback = Person("demo", "demo123").approve(url)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            httpx2.get(callback, timeout=PATIENCE_SECONDS).raise_for_status()
        except httpx2.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def main(visits: Path, complaints: Path, url: str) -> None:
    with visits.open("a") as book:
        book.write(f"{url}\n")
    try:
        visit(url)
    except Exception as error:
        complaints.write_text(f"{url}\n{error!r}\n")
        raise


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
