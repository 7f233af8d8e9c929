"""Machines over real HTTP: unchanged clients of both SDKs, many at once, and access that ends in another process."""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import (
    ClientCredentialsOAuthProvider,
    PrivateKeyJWTOAuthProvider,
    SignedJWTParameters,
)
from mcp.client.streamable_http import streamable_http_client

from tests.clients.nodejs import FOLDER, NODE
from tests.clients.python_sdk import Memory, both_eras, text_of
from tests.support.oauth.dpop import Prover
from tests.support.oauth.token_requests import at_once
from tests.support.servers.python_process import PROJECT
from tests.support.servers.server import LiveServer

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class RealMachine:
    """A client that `manage.py create_client` made on a server, with a service person of its own."""

    def __init__(self, server: LiveServer, *, jwks: Any = None) -> None:
        self.server, self.username = server, f"robot-{uuid.uuid4().hex[:8]}"
        keys = ["--jwks", str(jwks)] if jwks else []
        command = ["create_client", f"Job of {self.username}", "--as", self.username, "--add-person", "--json", *keys]
        made = json.loads(server.manage(*command))
        self.client_id, self.secret = made["client_id"], made.get("client_secret", "")

    def ask(self, client: httpx2.Client | None = None, **fields: str) -> httpx2.Response:
        send = httpx2.post if client is None else client.post
        data = {"grant_type": "client_credentials", **fields}
        credentials = {"client_id": self.client_id, "client_secret": self.secret} if self.secret else {}
        return send(f"{self.server.url}/oauth/token", data={**credentials, **data})

    def call(self, token: str) -> httpx2.Response:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get_user_info", "arguments": {}}}
        return httpx2.post(self.server.mcp_url, json=body, headers={"Authorization": f"Bearer {token}"})

    def elsewhere(self, code: str) -> str:
        """Run `code` in another process, which knows `client`, `person` and `access`."""
        return self.server.shell(
            "from accounts.models import ServiceAccess\nfrom django.utils import timezone\n"
            f"client = Client.objects.get(client_id={self.client_id!r})\n"
            f"person = User.objects.get(username={self.username!r})\n"
            f"access = ServiceAccess.objects.filter(client=client).first()\n{code}"
        )


@pytest.fixture
def machine(server: LiveServer) -> RealMachine:
    return RealMachine(server)


@pytest.fixture
def key() -> Prover:
    return Prover()


@pytest.fixture
def keyed(server: LiveServer, key: Prover, tmp_path: Any) -> RealMachine:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [key.jwk]}))
    return RealMachine(server, jwks=file)


def use(provider: OAuthClientProvider, server: LiveServer, mode: str, do: Callable[[Client], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with (
            httpx2.AsyncClient(auth=provider, timeout=30) as http,
            Client(streamable_http_client(server.mcp_url, http_client=http), mode=mode) as client,
        ):
            return await do(client)

    return anyio.run(main)


async def user_info(client: Client) -> str:
    return text_of(await client.call_tool("get_user_info"))


@both_eras
def test_python_sdk_calls_a_tool_by_its_secret(server: LiveServer, machine: RealMachine, mode: str) -> None:
    provider = ClientCredentialsOAuthProvider(
        server.mcp_url, Memory(), machine.client_id, machine.secret, issuer=server.url
    )
    assert machine.username in use(provider, server, mode, user_info)


@both_eras
def test_python_sdk_calls_a_tool_by_its_key(server: LiveServer, keyed: RealMachine, key: Prover, mode: str) -> None:
    signing = SignedJWTParameters(
        issuer=keyed.client_id, subject=keyed.client_id, signing_key=pem_of(key), signing_algorithm="ES256"
    )
    provider = PrivateKeyJWTOAuthProvider(
        server.mcp_url, Memory(), keyed.client_id, signing.create_assertion_provider(), issuer=server.url
    )
    assert keyed.username in use(provider, server, mode, user_info)


@pytest.mark.parametrize("sdk", ["1", "2"])
def test_typescript_sdks_call_a_tool_by_a_secret(machine: RealMachine, node_packages: None, sdk: str) -> None:
    assert machine.username in run_node(machine, sdk, machine.secret)


@pytest.mark.parametrize("sdk", ["1", "2"])
def test_typescript_sdks_call_a_tool_by_a_key(keyed: RealMachine, key: Prover, node_packages: None, sdk: str) -> None:
    assert keyed.username in run_node(keyed, sdk, "", pem_of(key))


def run_node(machine: RealMachine, sdk: str, *credentials: str) -> str:
    server = machine.server
    command = [str(NODE), str(FOLDER / "machines.mjs"), sdk, server.mcp_url, server.url, machine.client_id]
    return subprocess.run([*command, *credentials], capture_output=True, text=True, timeout=60, check=True).stdout


def pem_of(key: Prover) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def test_of_a_hundred_requests_with_one_assertion_one_is_given_a_token(keyed: RealMachine, key: Prover) -> None:
    """RFC 7523 section 3: the `jti` prevents replays."""
    now, own = int(time.time()), keyed.client_id
    claims = {"iss": own, "sub": own, "aud": keyed.server.url, "exp": now + 300, "iat": now, "jti": uuid.uuid4().hex}
    assertion = jwt.encode(claims, key.key, algorithm="ES256")
    sent = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    responses = at_once(100, lambda client: keyed.ask(client, **sent))
    assert sorted({response.status_code for response in responses}) == [200, 401]
    assert [response.status_code for response in responses].count(200) == 1


def test_twenty_requests_at_once_share_one_authorization(machine: RealMachine) -> None:
    responses = at_once(20, machine.ask)
    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["access_token"] for response in responses}) == 20
    counted = machine.elsewhere("print(Authorization.objects.filter(consent__client=client).count())")
    assert counted == "1"


ENDS = {
    "person suspended": "User.objects.filter(pk=person.pk).update(is_active=False)",
    "person deleted": "person.delete()",
    "client suspended": "Client.objects.filter(pk=client.pk).update(suspended_at=timezone.now())",
    "access ended": "access.delete()",
    "access ended by a query": "ServiceAccess.objects.filter(pk=access.pk).delete()",
    "acts as another": "access.user = User.objects.create_user(person.username + '-2', is_service=True); access.save()",
    "scopes changed": "access.scope = 'write'; access.save()",
}


@pytest.mark.parametrize("what", ENDS)
def test_access_that_ends_in_one_process_is_dead_on_the_next_request_in_another(
    machine: RealMachine, what: str
) -> None:
    token = machine.ask().json()["access_token"]
    assert machine.call(token).status_code == 200
    machine.elsewhere(ENDS[what])
    assert machine.call(token).status_code == 401


def test_changes_of_the_access_beside_requests_leave_no_token_of_the_person_before(machine: RealMachine) -> None:
    turns = iter(range(10))

    def either(client: httpx2.Client) -> httpx2.Response | None:
        if next(turns) != 5:
            return machine.ask(client)
        machine.elsewhere(ENDS["acts as another"])
        return None

    responses = [response for response in at_once(10, either) if response is not None]  # type: ignore[arg-type]
    assert {response.status_code for response in responses} <= {200, 400}
    tokens = [response.json()["access_token"] for response in responses if response.status_code == 200]
    for token in tokens:
        answer = machine.call(token)
        assert answer.status_code == 401 or f"{machine.username}-2" in answer.text


def test_examples_of_the_manual_run_as_written(machine: RealMachine) -> None:
    page = (PROJECT / "docs" / "agents.md").read_text()
    [curl] = re.findall(r"```\n(curl .*?)\n```", page, re.DOTALL)
    program, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    env = {**os.environ, "CLIENT_ID": machine.client_id, "CLIENT_SECRET": machine.secret, "SERVER": machine.server.url}
    said = run_text(["sh", "-c", curl.replace("http://localhost:9000", machine.server.url)], env)
    assert json.loads(said)["scope"] == "read"
    assert machine.username in machine.call(json.loads(said)["access_token"]).text
    assert machine.username in run_text([sys.executable, "-c", program], env)


def test_example_with_a_key_runs_as_written(server: LiveServer, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "agents.md").read_text()
    program, keys, signing = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    subprocess.run([sys.executable, "-c", keys], cwd=tmp_path, timeout=60, check=True)
    machine = RealMachine(server, jwks=tmp_path / "keys.json")
    key = (tmp_path / "key.pem").read_text()
    by_secret = re.compile(r"ClientCredentialsOAuthProvider\(\n.*?\n    \)", re.DOTALL)
    by_key = 'signing_provider(server, os.environ["CLIENT_ID"], os.environ["KEY"])'
    program = by_secret.sub(by_key, program).replace("async def main", f"{signing}\n\nasync def main")
    env = {**os.environ, "CLIENT_ID": machine.client_id, "KEY": key, "SERVER": server.url}
    assert machine.username in run_text([sys.executable, "-c", program], env)


def run_text(command: list[str], env: dict[str, str]) -> str:
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True).stdout
