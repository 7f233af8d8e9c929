"""A client of the authorization server over real HTTP, as a person types it at a terminal."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from tests.support.oauth.pkce import CHALLENGE, VERIFIER
from tests.support.servers.server import LiveServer

REDIRECT_URI = "http://localhost:8080/callback"


@dataclass
class App:
    """The values that a person at a terminal keeps between the steps."""

    server: LiveServer
    client_id: str
    client_secret: str

    def authorization_url(self, **changes: str | None) -> str:
        """Return the authorization URL; a change to None leaves that parameter out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "state": "random123",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        query = urlencode({name: value for name, value in parameters.items() if value is not None})
        return f"{self.server.url}/oauth/authorize?{query}"

    def post_token(self, **fields: str) -> httpx2.Response:
        credentials = {"client_id": self.client_id, "client_secret": self.client_secret}
        return httpx2.post(f"{self.server.url}/oauth/token", data={**credentials, **fields})

    def redeem(self, code: str) -> httpx2.Response:
        return self.post_token(
            grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI, code_verifier=VERIFIER
        )

    def call_tool(self, access_token: str, name: str, **arguments: str) -> httpx2.Response:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        return httpx2.post(self.server.mcp_url, json=body, headers={"Authorization": f"Bearer {access_token}"})


def register(server: LiveServer, **changes: object) -> httpx2.Response:
    document = {"client_name": "My Test App", "redirect_uris": [REDIRECT_URI], "scope": "read write", **changes}
    return httpx2.post(f"{server.url}/oauth/register", json=document)


def parameters_of(location: str) -> dict[str, str]:
    """The query of a redirect, where no parameter may come twice."""
    return {name: value for name, [value] in parse_qs(urlsplit(location).query, strict_parsing=True).items()}
