"""A complete environment for production, and processes of Python that have it."""

import os
import secrets
import subprocess
from collections.abc import Mapping

from tests.support.servers import python_process

GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "PUBLIC_URL": "https://mcp.example.com",
    "DATABASE_URL": "sqlite://:memory:",
}


def run_python(*arguments: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run Python in the project's folder, with the tests' environment and `env`."""
    return python_process.run_python(*arguments, env={**os.environ, **env})
