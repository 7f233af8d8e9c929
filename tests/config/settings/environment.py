"""A complete environment for production, and processes of Python that have it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping

from tests.support.patience import PATIENCE_SECONDS
from tests.support.server import PROJECT

GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "PUBLIC_URL": "https://mcp.example.com",
    "DATABASE_URL": "sqlite://:memory:",
}


def run_python(*arguments: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run Python in the project's folder, with the tests' environment and `env`."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
