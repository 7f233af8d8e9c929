"""The examples of docs/other-resources.md: servers of FastMCP and of the Python SDK accept this one's tokens.

The SDK's client signs in for them here.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp_types import CallToolResult

from tests.clients.documented_servers import BILLING, ISSUER, RUN, WHO, Address, examples, program_of, serving
from tests.clients.python_sdk import Desk, text_of
from tests.support.patience import PATIENCE_SECONDS, eventually
from tests.support.ports import free_port
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

MAKE = """
from tests.support.oauth.protected_resources import make_resource
asker = make_resource({identifier!r}, "Billing", token_format={form!r})
print(asker.row.client_id, asker.secret)
"""
REVOKE = """
from accounts.models import Authorization
from accounts.revocation.authorizations import revoke
print(revoke(Authorization.objects.filter(resource={identifier!r}), reason="operator"))
"""
# An authorization that ends soon has tokens that do.
SHORTEN = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Authorization
soon = timezone.now() + timedelta(seconds={seconds})
print(Authorization.objects.filter(resource={identifier!r}).update(expires_at=soon))
"""
# A JWT for `identifier` from this server, with the claims of one for the other server.
FOREIGN = """
from accounts.models import AccessToken
from accounts.signing import access_tokens
token = AccessToken.objects.latest("pk")
token.authorization.resource = {identifier!r}
print(access_tokens.sign(token, {issuer!r}))
"""
PERSON = "from accounts.models import User\nprint(User.objects.get(username='demo').pk)"
LIFE_SECONDS = 15
BOTH = ["fastmcp", "sdk"]


@dataclass(frozen=True)
class Billing:
    """A running server of another make, and its credentials for introspection."""

    mcp_url: str
    credentials: tuple[str, str]

    def accepts(self, token: str) -> bool:
        header = {"Authorization": f"Bearer {token}"}
        return httpx2.post(self.mcp_url, headers=header, json={}, timeout=30).status_code != 401


@pytest.fixture
def billing(request: Any, server: LiveServer, tmp_path: Path) -> Iterator[Billing]:
    """A server that is made of the page's code, by its make and the form of its tokens."""
    make, form = request.param
    python = request.getfixturevalue("fastmcp_python") if make == "fastmcp" else Path(sys.executable)
    address = Address.free()
    client_id, secret = server.shell(MAKE.format(identifier=address.mcp_url, form=form)).split()
    parts = [examples().of(make, form), WHO[make], RUN[make].format(port=address.port)]
    program = program_of(parts, {ISSUER: server.url, BILLING: address.origin}, (client_id, secret))
    with serving(python, tmp_path / "billing.py", program, address):
        yield Billing(address.mcp_url, (client_id, secret))


async def who(client: Client) -> CallToolResult:
    return await client.call_tool("who", {})


def signed_in(billing: Billing, server: LiveServer) -> Desk:
    """Return the desk of a person who signed in here and called a tool of the other server."""
    desk = Desk(billing)
    person, _, scopes = text_of(desk.use("auto", who)).partition(" ")
    assert (person, "read" in scopes.split(), desk.sign_ins) == (server.shell(PERSON).strip(), True, 1)
    return desk


def token_of(desk: Desk) -> str:
    assert desk.memory.tokens is not None
    return desk.memory.tokens.access_token


@pytest.mark.parametrize("billing", [(make, "opaque") for make in BOTH], indirect=True, ids=BOTH)
def test_revoked_token_is_refused_at_once_by_a_server_that_asks(billing: Billing, server: LiveServer) -> None:
    token = token_of(signed_in(billing, server))
    assert httpx2.post(server.mcp_url, headers={"Authorization": f"Bearer {token}"}, json={}).status_code == 401
    assert billing.accepts(token)

    assert int(server.shell(REVOKE.format(identifier=billing.mcp_url))) == 1
    assert not billing.accepts(token)


@pytest.mark.parametrize("billing", [(make, "jwt") for make in BOTH], indirect=True, ids=BOTH)
def test_revoked_jwt_is_refused_once_its_short_life_is_over(billing: Billing, server: LiveServer) -> None:
    desk = signed_in(billing, server)
    assert token_of(desk).count(".") == 2
    assert (
        httpx2.post(server.mcp_url, headers={"Authorization": f"Bearer {token_of(desk)}"}, json={}).status_code == 401
    )

    server.shell(SHORTEN.format(identifier=billing.mcp_url, seconds=LIFE_SECONDS))
    response = refresh(desk, server)
    token, expires_in = response.json()["access_token"], response.json()["expires_in"]
    assert 0 < expires_in <= LIFE_SECONDS
    assert billing.accepts(token)

    server.shell(REVOKE.format(identifier=billing.mcp_url))
    assert refresh(desk, server).json()["error"] == "invalid_grant"
    asked = httpx2.post(f"{server.url}/oauth/introspect", data={"token": token}, auth=billing.credentials)
    assert asked.json() == {"active": False}
    assert eventually(lambda: not billing.accepts(token), LIFE_SECONDS + PATIENCE_SECONDS)


@pytest.mark.parametrize("billing", [(make, "jwt") for make in BOTH], indirect=True, ids=BOTH)
def test_jwt_for_another_server_is_refused(billing: Billing, server: LiveServer) -> None:
    other = f"http://localhost:{free_port()}/mcp"
    made = server.shell(MAKE.format(identifier=other, form="jwt")).split()
    token = token_of(signed_in(billing, server))
    foreign = server.shell(FOREIGN.format(identifier=other, issuer=server.url)).strip()

    assert billing.accepts(token)
    assert foreign.count(".") == 2
    assert not billing.accepts(foreign)
    asked = httpx2.post(f"{server.url}/oauth/introspect", data={"token": token}, auth=(made[0], made[1]))
    assert asked.json() == {"active": False}


def refresh(desk: Desk, server: LiveServer) -> httpx2.Response:
    assert desk.memory.tokens is not None
    assert desk.memory.client is not None
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": desk.memory.tokens.refresh_token,
        "client_id": desk.client_id,
        "client_secret": desk.memory.client.client_secret,
    }
    return httpx2.post(f"{server.url}/oauth/token", data={name: value for name, value in fields.items() if value})
