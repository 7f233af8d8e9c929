"""The official harness against the authorization server: it prints an address, and a person approves there."""

import re
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.conformance.harness import SECONDS, command, findings
from tests.support.oauth.http_client import register
from tests.support.people.browser import Person
from tests.support.ports import free_port
from tests.support.servers.server import LiveServer

SCENARIOS = ("authorization-server-metadata-endpoint", "authorization-code-grant")
ADDRESS = re.compile(r"http\S+code_challenge=\S+")


@pytest.fixture
def callback_port() -> int:
    """A port that is free now. The harness wants its number, not the socket."""
    return free_port()


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"])
def test_authorization_server_conforms(server: LiveServer, callback_port: int, version: str, tmp_path: Path):
    redirect_uri = f"http://127.0.0.1:{callback_port}/callback"
    client = register(server, redirect_uris=[redirect_uri], token_endpoint_auth_method="none").json()
    options = ["--client-id", client["client_id"], "--port", str(callback_port), "--spec-version", version]

    approve_while(command("authorization", server.url, *options, results=tmp_path))

    assert findings(tmp_path) == {scenario: [] for scenario in SCENARIOS}


def approve_while(command: list[str]) -> None:
    """Run the harness, and open the address that it prints."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            assert running.stdout
            for line in running.stdout:
                if address := ADDRESS.search(line):
                    httpx2.get(Person("demo", "demo123").approve(address[0]))
            running.wait(SECONDS)
        finally:
            running.kill()
