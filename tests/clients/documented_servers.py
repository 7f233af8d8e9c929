"""Servers of FastMCP and of the Python SDK, made of the code of docs/other-resources.md, in processes of their own."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.manual.pages import blocks_of
from tests.support.patience import PATIENCE_SECONDS, eventually
from tests.support.ports import free_port
from tests.support.servers.python_process import PROJECT

ISSUER, BILLING, LEDGER = "https://mcp.example.com", "https://billing.example.com", "https://ledger.example.com"
# What the page leaves to its readers: tools, and how the server is run.
WHO = {
    "fastmcp": """
from fastmcp.server.dependencies import get_access_token

@mcp.tool
def who() -> str:
    token = get_access_token()
    return f"{token.claims['sub']} {' '.join(sorted(token.scopes))}"
""",
    "sdk": """
from mcp.server.auth.middleware.auth_context import get_access_token

@mcp.tool()
def who() -> str:
    token = get_access_token()
    return f"{token.subject} {' '.join(sorted(token.scopes))}"
""",
}
# The tool of the ledger. It returns who called, to show what it was told.
BALANCE = """
import json
from fastmcp.server.dependencies import get_access_token

@mcp.tool
def balance() -> str:
    return json.dumps(get_access_token().claims)
"""
RUN = {
    "fastmcp": "\nmcp.run(transport='http', host='127.0.0.1', port={port}, show_banner=False)\n",
    "sdk": "\nmcp.run('streamable-http', host='127.0.0.1', port={port})\n",
}


@dataclass(frozen=True)
class Examples:
    """The code blocks of the page, in its order."""

    fastmcp_asks: str
    sdk_asks: str
    fastmcp_verifies: str
    sdk_verifies: str
    fastmcp_exchanges: str
    tool_exchanges: str

    def of(self, make: str, form: str) -> str:
        """Return the program of `make` for tokens of the form `form`."""
        if form == "opaque":
            return self.fastmcp_asks if make == "fastmcp" else self.sdk_asks
        if make == "fastmcp":
            return in_place_of(self.fastmcp_asks, "verifier = ", "auth = ", self.fastmcp_verifies)
        program = in_place_of(self.sdk_asks, "class IntrospectionVerifier", "auth = ", self.sdk_verifies)
        return program.replace("IntrospectionVerifier()", "JWTVerifier()")


def examples() -> Examples:
    return Examples(*(block.code for block in blocks_of("other-resources.md") if block.language == "python"))


def in_place_of(code: str, first: str, following: str, other: str) -> str:
    """Return `code` with `other` in place of the lines from `first` to before `following`."""
    before, begins, rest = code.partition(f"\n{first}")
    _, ends, after = rest.partition(f"\n{following}")
    assert begins
    assert ends
    return f"{before}\n{other}{ends}{after}"


@dataclass(frozen=True)
class Address:
    """The address of a server that is not started yet."""

    port: int

    @classmethod
    def free(cls) -> "Address":
        return cls(free_port())

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mcp_url(self) -> str:
        return f"{self.origin}/mcp"


def program_of(parts: Sequence[str], at: dict[str, str], credentials: Sequence[str]) -> str:
    """Return the program of `parts`, with the actual addresses `at` for those of the page."""
    code = "CLIENT_ID, SECRET = {!r}, {!r}\n".format(*credentials) + "\n".join(parts)
    for written, actual in at.items():
        assert written in code
        code = code.replace(written, actual)
    assert ".example.com" not in code
    return code


@contextmanager
def serving(python: Path, file: Path, program: str, address: Address) -> Iterator[None]:
    """Run `program`, which is written to `file`, until the end of the context. It listens at `address`."""
    file.write_text(program)
    process = subprocess.Popen([str(python), str(file)], cwd=PROJECT, env={**os.environ, "FASTMCP_LOG_LEVEL": "ERROR"})
    try:
        assert eventually(lambda: demands_token(address) or process.poll() is not None, PATIENCE_SECONDS)
        yield
    finally:
        process.terminate()
        process.wait(10)


def demands_token(address: Address) -> bool:
    try:
        return httpx2.get(address.mcp_url, timeout=5).status_code == 401
    except httpx2.TransportError:
        return False
