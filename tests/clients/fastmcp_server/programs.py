"""Servers of FastMCP, made of the blocks of docs/other-resources.md, each in a process of its own."""

import os
import subprocess
from pathlib import Path

import httpx2

from tests.support.python_process import PROJECT

# The tool of the ledger, which the page leaves to its reader. It returns who called, to show what it was told.
TOOL = """
import json
from fastmcp.server.dependencies import get_access_token

@mcp.tool
def balance() -> str:
    return json.dumps(get_access_token().claims)
"""
RUN = "\nmcp.run(transport='http', host='127.0.0.1', port={port}, show_banner=False)\n"


def program_of(blocks: list[str], replaced: dict[str, str], port: int, credentials: list[str]) -> str:
    code = "CLIENT_ID, SECRET = {!r}, {!r}\n".format(*credentials) + "\n".join(blocks) + RUN.format(port=port)
    for address, actual in replaced.items():
        assert address in code
        code = code.replace(address, actual)
    return code


def start(python: Path, file: Path, code: str) -> "subprocess.Popen[bytes]":
    file.write_text(code)
    return subprocess.Popen([str(python), str(file)], cwd=PROJECT, env={**os.environ, "FASTMCP_LOG_LEVEL": "ERROR"})


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/mcp", timeout=5).status_code == 401
    except httpx2.TransportError:
        return False


def answers_or_ended(url: str, process: "subprocess.Popen[bytes]") -> bool:
    return answers(url) or process.poll() is not None
