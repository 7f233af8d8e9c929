"""FastMCP guards its server by introspection at this one, and the Python SDK's client signs in for it here."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp_types import CallToolResult

from tests.clients.environment import FASTMCP_SERVER as FOLDER
from tests.clients.python_sdk import Desk, text_of
from tests.support.patience import PATIENCE_SECONDS, eventually
from tests.support.ports import free_port
from tests.support.python_process import PROJECT
from tests.support.server import LiveServer

pytestmark = pytest.mark.any_database

MAKE = """
from tests.support.oauth.protected_resources import make_resource
asker = make_resource({identifier!r}, "Billing")
print(asker.row.client_id, asker.secret)
"""
REVOKE = """
from django.utils import timezone
from accounts.models import Authorization
print(Authorization.objects.filter(resource={identifier!r}).update(revoked_at=timezone.now()))
"""
PERSON = "from accounts.models import User\nprint(User.objects.get(username='demo').pk)"


@pytest.fixture
def billing(server: LiveServer, fastmcp_python: Path) -> Iterator[Any]:
    """FastMCP's server, in a process of its own."""
    port = free_port()
    identifier = f"http://localhost:{port}/mcp"
    client_id, secret = server.shell(MAKE.format(identifier=identifier)).split()
    command = [str(fastmcp_python), str(FOLDER / "billing.py"), str(port), server.url, client_id, secret]
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "FASTMCP_LOG_LEVEL": "ERROR"})
    try:
        assert eventually(lambda: answers(identifier) or process.poll() is not None, PATIENCE_SECONDS)
        yield SimpleNamespace(mcp_url=identifier)
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5).status_code == 401
    except httpx2.TransportError:
        return False


async def who(client: Client) -> CallToolResult:
    return await client.call_tool("who", {})


def test_client_signs_in_here_and_calls_a_tool_of_the_other_server_until_access_is_revoked(
    billing: Any, server: LiveServer
) -> None:
    desk = Desk(billing)
    person, _, scopes = text_of(desk.use("auto", who)).partition(" ")

    assert (person, "read" in scopes.split(), desk.sign_ins) == (server.shell(PERSON).strip(), True, 1)
    assert desk.memory.tokens is not None
    header = {"Authorization": f"Bearer {desk.memory.tokens.access_token}"}
    assert httpx2.post(server.mcp_url, headers=header, json={}).status_code == 401
    assert post(billing, header) != 401

    assert int(server.shell(REVOKE.format(identifier=billing.mcp_url))) == 1
    assert post(billing, header) == 401


def post(billing: Any, header: dict[str, str]) -> int:
    return httpx2.post(billing.mcp_url, headers=header, json={}, timeout=30).status_code
