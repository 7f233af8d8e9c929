"""An AI client of a member of the site, over real HTTP."""

from typing import Any
from urllib.parse import urlencode

import httpx2

from tests.sites.site import Site
from tests.support.oauth.http_client import REDIRECT_URI, parameters_of
from tests.support.oauth.pkce import CHALLENGE, VERIFIER
from tests.support.people.browser import Person

PASSWORD = "swordfish-9"


class Connection:
    """An AI client that a member connected to the site."""

    def __init__(self, site: Site, email: str, password: str = PASSWORD) -> None:
        self.site = site
        document = {"client_name": "My Test App", "redirect_uris": [REDIRECT_URI], "scope": "read write"}
        client = httpx2.post(f"{site.url}/oauth/register", json=document).json()
        self.credentials = {name: client[name] for name in ("client_id", "client_secret") if name in client}
        asked = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": REDIRECT_URI,
            "state": "random123",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        self.person = Person(email, password)
        sent = parameters_of(self.person.approve(f"{site.url}/oauth/authorize?{urlencode(asked)}"))
        fields = {"code": sent["code"], "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
        self.tokens = self.post_token(grant_type="authorization_code", **fields).json()

    def post_token(self, **fields: str) -> httpx2.Response:
        return httpx2.post(f"{self.site.url}/oauth/token", data={**self.credentials, **fields})

    def refresh(self) -> httpx2.Response:
        return self.post_token(grant_type="refresh_token", refresh_token=self.tokens["refresh_token"])

    def call(self, name: str) -> httpx2.Response:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}}
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
        return httpx2.post(f"{self.site.url}/mcp", json=body, headers=headers)


def result_of(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    result: dict[str, Any] = response.json()["result"]
    assert not result.get("isError"), result
    return result
