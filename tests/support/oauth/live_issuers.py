"""An issuer that a running server trusts, and a client that presents its assertions over real HTTP."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx2

from tests.support.oauth.trusted_issuers import JWT_BEARER, Signer
from tests.support.servers.server import LiveServer

TRUST = """
from tests.support.factories import make_client, make_user
from accounts.models import IssuerSubject, TrustedIssuer, WorkloadRule
client = make_client(name={name!r}, client_id={name!r}, client_secret="secret")
row = TrustedIssuer(name={name!r}, issuer={issuer!r}, jwks={jwks!r}, algorithms="ES256", scope="read write", {fields})
row.full_clean()
row.save()
row.clients.add(client)
if row.use == "id_jag" and row.match == "listed":
    IssuerSubject.objects.create(issuer=row, subject="U019488227", user=make_user({name!r}))
"""


@dataclass
class Connection:
    """A client of `server`, by the name that its issuer and its person have, too."""

    server: LiveServer
    signer: Signer
    name: str

    @classmethod
    def make(cls, server: LiveServer, **fields: Any) -> "Connection":
        name = f"company-{token_hex(4)}"
        signer = Signer(f"https://{name}.example")
        given = ", ".join(f"{key}={value!r}" for key, value in fields.items())
        server.shell(TRUST.format(name=name, issuer=signer.issuer, jwks=signer.jwks, fields=given))
        return cls(server, signer, name)

    def id_jag(self, **changes: Any) -> str:
        claims = {**self.signer.times(), "aud": self.server.url, "sub": "U019488227", "client_id": self.name}
        return self.signer.sign({**claims, "resource": self.server.mcp_url, **changes}, typ="oauth-id-jag+jwt")

    def present(self, assertion: str, client: httpx2.Client | None = None) -> httpx2.Response:
        fields = {"grant_type": JWT_BEARER, "assertion": assertion, "client_id": self.name, "client_secret": "secret"}
        post = httpx2.post if client is None else client.post
        return post(f"{self.server.url}/oauth/token", data=fields)

    def call(self, token: str) -> httpx2.Response:
        called = {"name": "echo", "arguments": {"text": "still there?"}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}
        return httpx2.post(self.server.mcp_url, json=body, headers={"Authorization": f"Bearer {token}"})

    def count(self, rows: str) -> int:
        """Return the number of `rows`, an expression of this connection's `issuer`."""
        issuer = f"issuer = TrustedIssuer.objects.get(name={self.name!r})"
        return int(self.server.shell(f"from accounts.models import *\n{issuer}\nprint({rows}.count())"))

    def elsewhere(self, code: str) -> None:
        """Run `code` in another process, which knows `issuer`, `client` and `name`."""
        names = (
            f"name = {self.name!r}\nissuer = TrustedIssuer.objects.get(name=name)\n"
            "client = Client.objects.get(client_id=name)\n"
        )
        self.server.shell("from django.utils import timezone\n" + names + code)
