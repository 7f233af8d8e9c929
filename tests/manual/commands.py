"""Commands of the manual, run by a shell as they are written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import missing
from tests.manual.pages import blocks_of
from tests.support.database import environment_of
from tests.support.servers.python_process import PROJECT
from tests.support.servers.server import LiveServer

ADDRESSES = ("https://mcp.example.com", "http://localhost:9000")
PROGRAMS = ("bash", "curl", "jq")
SECONDS = 120


def commands_of(page: str, word: str) -> list[str]:
    """Return the code blocks for a shell on `page` that have `word`, in order."""
    return [block.code for block in blocks_of(page) if block.language in ("", "sh") and word in block.code]


def run(commands: str, server: LiveServer, **values: str) -> str:
    """Return what `commands` print. `values` are the variables that a reader sets; the address is the server's.

    manage.py is that of this server.
    """
    for program in PROGRAMS:
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    for address in ADDRESSES:
        commands = commands.replace(address, server.url)
    path = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    env = environment_of(server.database, {**server.settings, **path, **values})
    command = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()
