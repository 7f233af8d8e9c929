"""Enterprise-Managed Authorization from end to end: people sign in at their company's provider, and nowhere else.

The provider is oidc-provider-mock, with a grant that issues ID-JAGs (tests/clients/identity_provider/).
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthTokenError
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client

from tests.clients import identity_provider
from tests.clients.nodejs import Driver
from tests.clients.python_sdk import Memory
from tests.support.servers.server import LiveServer

PROGRAM = Path(identity_provider.__path__[0]) / "provider.py"
TRUST = """
from tests.support.factories import make_client, make_user
from accounts.models import TrustedIssuer
make_user("ada", email={email!r})
client = make_client(client_id={client!r}, client_secret="secret", redirect_uris="")
row = TrustedIssuer(name={client!r}, issuer={issuer!r}, jwks={jwks!r}, scope="read", match="email")
row.full_clean()
row.save()
row.clients.add(client)
"""
REDIRECT_URI = "http://localhost:8080/callback"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TOKEN_TYPE = "urn:ietf:params:oauth:token-type"


@dataclass
class Company:
    """The provider, and an app that knows it as `agent`, and the MCP server by `client_id`."""

    server: LiveServer
    issuer: str
    client_id: str
    person: str

    def id_token(self) -> str:
        """Return the ID token after the person signed in at the provider."""
        claims = {"email": self.person, "email_verified": True}
        httpx2.put(f"{self.issuer}/users/U019488227", json=claims).raise_for_status()
        asked = {"response_type": "code", "client_id": "agent", "redirect_uri": REDIRECT_URI, "scope": "openid email"}
        sent = httpx2.post(f"{self.issuer}/oauth2/authorize", params=asked, data={"sub": "U019488227"})
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        return str(self.ask(fields)["id_token"])

    def id_jag(self, audience: str, resource: str) -> str:
        """Return an ID-JAG by the token exchange of section 4 of the extension."""
        types = {"requested_token_type": f"{TOKEN_TYPE}:id-jag", "subject_token_type": f"{TOKEN_TYPE}:id_token"}
        target = {"audience": audience, "resource": resource}
        issued = self.ask({"grant_type": EXCHANGE, "subject_token": self.id_token(), **types, **target})
        assert issued["issued_token_type"] == types["requested_token_type"]
        return str(issued["access_token"])

    def ask(self, fields: dict[str, str]) -> dict[str, Any]:
        answer = httpx2.post(f"{self.issuer}/oauth2/token", data=fields, auth=("agent", "any"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def provider(self, memory: Memory) -> IdentityAssertionOAuthProvider:
        async def fetch(audience: str, resource: str) -> str:
            return await anyio.to_thread.run_sync(self.id_jag, audience, resource)

        return IdentityAssertionOAuthProvider(
            server_url=self.server.mcp_url,
            storage=memory,
            client_id=self.client_id,
            client_secret="secret",
            issuer=self.server.url,
            assertion_provider=fetch,
        )

    def use(self, tool: str, **arguments: str) -> Any:
        """Call a tool with the SDK's own client, and return its result."""

        async def main() -> Any:
            async with (
                httpx2.AsyncClient(auth=self.provider(Memory())) as http,
                Client(streamable_http_client(self.server.mcp_url, http_client=http)) as client,
            ):
                return await client.call_tool(tool, arguments)

        return anyio.run(main)


@pytest.fixture
def company(server: LiveServer, identity_provider_python: Path) -> Iterator[Company]:
    client_id = f"agent-{token_hex(4)}"
    person = f"{client_id}@acme.example"
    command = [str(identity_provider_python), str(PROGRAM), client_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout
        issuer = running.stdout.readline().strip()
        try:
            jwks = httpx2.get(f"{issuer}/jwks").json()
            server.shell(
                TRUST.format(email=person, client=client_id, issuer=issuer, jwks=jwks).replace('"ada"', repr(client_id))
            )
            yield Company(server, issuer, client_id, person)
        finally:
            running.kill()


def test_python_sdk_calls_a_tool_as_the_person_whom_the_company_signed_in(company: Company) -> None:
    assert company.use("echo", text="Grüße").content[0].text == "Grüße"
    assert company.client_id in company.use("get_user_info").content[0].text


def test_python_sdk_is_refused_once_the_issuer_is_switched_off(company: Company) -> None:
    company.use("echo", text="a")
    row = f"TrustedIssuer.objects.filter(name={company.client_id!r})"
    company.server.shell(f"from accounts.models import TrustedIssuer\n{row}.update(is_active=False)")
    with pytest.RaisesGroup(pytest.RaisesExc(OAuthTokenError, match="unauthorized_client"), flatten_subgroups=True):
        company.use("echo", text="b")


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_typescript_client_2_exchanges_the_id_token_by_itself(
    company: Company, node_packages: None, monkeypatch: pytest.MonkeyPatch, mode: str, version: str
) -> None:
    known = {"idpUrl": company.issuer, "idpClientId": "agent", "idToken": company.id_token()}
    known |= {"clientId": company.client_id, "clientSecret": "secret"}
    monkeypatch.setitem(os.environ, "CROSS_APP", json.dumps(known))
    with Driver("client-2-cross-app.mjs", company.server, mode) as driver:
        assert driver.ask("connect") == version
        assert driver.echo("across", times=3) == ["across"] * 3
        assert driver.sign_ins == 0
