"""Tokens that are bound to a key over real HTTP: the TypeScript client 2.x with `dpop()`, and a thief."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.clients.expiry import expire_access_tokens
from tests.clients.nodejs import FOLDER, Driver
from tests.manual.pages import blocks_of
from tests.support.database import Template
from tests.support.oauth.dpop import Prover
from tests.support.oauth.http_client import REDIRECT_URI, App, parameters_of, register
from tests.support.oauth.pkce import VERIFIER
from tests.support.oauth.token_requests import at_once
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

VERSIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}


@pytest.fixture(scope="module")
def demanding_server(template: Template) -> Iterator[LiveServer]:
    """A server that demands a nonce in every proof."""
    with LiveServer(template, env={"DPOP_NONCE_REQUIRED": "true"}) as running:
        yield running


@pytest.fixture(params=["offered", "demanded"])
def either_server(request: pytest.FixtureRequest) -> LiveServer:
    name = "server" if request.param == "offered" else "demanding_server"
    return request.getfixturevalue(name)


@pytest.mark.parametrize("client", ["public", "confidential"])
@pytest.mark.parametrize("mode", VERSIONS)
def test_typescript_client_2_with_a_key_calls_tools_also_after_a_refresh(
    either_server: LiveServer, node_packages: None, mode: str, client: str
) -> None:
    with Driver("client-2-dpop.mjs", either_server, mode, client) as driver:
        assert driver.ask("connect") == VERSIONS[mode]
        assert driver.echo("bound") == ["bound"]
        before = driver.memory()
        assert before["tokens"]["token_type"] == "DPoP"

        expire_access_tokens(either_server, before["client"]["client_id"])

        assert driver.echo("still bound", times=5) == ["still bound"] * 5
        assert driver.memory()["tokens"]["refresh_token"] != before["tokens"]["refresh_token"]
        assert driver.memory()["tokens"]["token_type"] == "DPoP"
        assert driver.sign_ins == 1
        assert set(driver.ask("noted")["schemes"]) <= {"DPoP", "Basic"}


def test_typescript_client_2_takes_another_nonce_where_its_own_has_ended(
    demanding_server: LiveServer, node_packages: None
) -> None:
    """In the modern era: the stream of a legacy session would take up the new nonce by itself."""
    with Driver("client-2-dpop.mjs", demanding_server, "auto", "public") as driver:
        driver.ask("connect")
        assert driver.echo("first") == ["first"]
        demands = driver.ask("noted")["demands"]
        assert set(demands) == {"/oauth/token"}

        # Nonces that another key signed are refused as those that have expired are.
        demanding_server.restart(SECRET_KEY=f"another key of this test, and long enough for it: {uuid4()}")
        assert driver.echo("second") == ["second"]
        demanded = driver.ask("noted")["demands"]
        assert set(demanded[len(demands) :]) == {"/mcp"}

        demanding_server.restart(SECRET_KEY=f"another key of this test, and long enough for it: {uuid4()}")
        expire_access_tokens(demanding_server, driver.memory()["client"]["client_id"])
        assert driver.echo("third") == ["third"]
        assert "/oauth/token" in driver.ask("noted")["demands"][len(demanded) :]
        assert driver.sign_ins == 1


def test_the_provider_that_these_tests_use_is_the_one_of_the_manual() -> None:
    [code] = [block.code for block in blocks_of("dpop.md") if block.language == "js"]
    assert code == (FOLDER / "dpop-provider.mjs").read_text()


@dataclass(frozen=True)
class Connected:
    """A public client with tokens that are bound to its key."""

    server: LiveServer
    prover: Prover
    client_id: str
    tokens: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.tokens["access_token"])

    def proof(self) -> str:
        return self.prover.proof(uri=f"{self.server.url}/oauth/token")

    def for_mcp(self) -> dict[str, str]:
        return self.prover.for_mcp(self.token, uri=self.server.mcp_url)

    def refresh(self, client: httpx2.Client, proof: str) -> httpx2.Response:
        fields = {"grant_type": "refresh_token", "refresh_token": str(self.tokens["refresh_token"])}
        fields["client_id"] = self.client_id
        return client.post(f"{self.server.url}/oauth/token", data=fields, headers={"DPoP": proof})


@pytest.fixture
def connected(server: LiveServer) -> Connected:
    prover, app = Prover(), App(server, register(server, token_endpoint_auth_method="none").json()["client_id"], "")
    code = parameters_of(Person("demo", "demo123").approve(app.authorization_url()))["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    proof = {"DPoP": prover.proof(uri=f"{server.url}/oauth/token")}
    response = httpx2.post(f"{server.url}/oauth/token", data={**fields, "client_id": app.client_id}, headers=proof)
    assert response.json()["token_type"] == "DPoP", response.text
    return Connected(server, prover, app.client_id, response.json())


def call(server: LiveServer, headers: Any, client: httpx2.Client | None = None) -> httpx2.Response:
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "echo", "arguments": {"text": "hi"}},
    }
    send = httpx2.post if client is None else client.post
    return send(server.mcp_url, json=body, headers=headers)


def test_of_a_hundred_requests_with_one_proof_one_is_served(server: LiveServer, connected: Connected) -> None:
    """In two processes."""
    headers = connected.for_mcp()
    replies = at_once(100, lambda client: call(server, headers, client))
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 99
    assert {json.loads(reply.text).get("error") for reply in replies if reply.status_code == 401} == {
        "invalid_dpop_proof"
    }


def test_twenty_requests_with_their_own_proofs_are_served(server: LiveServer, connected: Connected) -> None:
    replies = at_once(20, lambda client: call(server, connected.for_mcp(), client))
    assert {reply.status_code for reply in replies} == {200}


def test_a_thief_without_the_key_is_refused(server: LiveServer, connected: Connected) -> None:
    token = connected.token
    as_bearer = call(server, {"Authorization": f"Bearer {token}"})
    assert as_bearer.status_code == 401
    assert as_bearer.headers["WWW-Authenticate"].startswith('DPoP error="invalid_token"')
    assert call(server, Prover().for_mcp(token, uri=server.mcp_url)).status_code == 401


def test_repeated_headers_are_refused(server: LiveServer, connected: Connected) -> None:
    proof, again = connected.for_mcp(), connected.for_mcp()
    assert call(server, [*proof.items(), ("DPoP", again["DPoP"])]).status_code == 401
    assert call(server, [*again.items(), ("Authorization", f"Bearer {connected.token}")]).status_code == 401


def test_of_twenty_refreshes_with_one_proof_one_gets_a_pair(connected: Connected) -> None:
    proof = connected.proof()
    replies = at_once(20, lambda client: connected.refresh(client, proof))
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 19
    assert {reply.json().get("error") for reply in replies if reply.status_code == 400} == {"invalid_dpop_proof"}


def test_twenty_refreshes_with_their_own_proofs_get_one_pair(connected: Connected) -> None:
    replies = at_once(20, lambda client: connected.refresh(client, connected.proof()))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["access_token"] for reply in replies}) == 1
    assert {reply.json()["token_type"] for reply in replies} == {"DPoP"}
