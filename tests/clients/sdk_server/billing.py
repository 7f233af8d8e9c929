"""Another MCP server, of the Python SDK, whose tokens this server issues (docs/other-resources.md).

billing.py PORT ISSUER jwt|opaque CLIENT_ID SECRET
"""

import sys
from typing import Any

import httpx2
import jwt
from anyio import to_thread
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer


def accepted(token: str, claims: dict[str, Any]) -> AccessToken:
    return AccessToken(
        token=token,
        client_id=claims["client_id"],
        scopes=claims["scope"].split(),
        expires_at=claims["exp"],
        resource=claims["aud"],
        subject=claims["sub"],
    )


class IntrospectionVerifier(TokenVerifier):
    """Asks the authorization server about each token (RFC 7662)."""

    def __init__(self, issuer: str, client_id: str, secret: str) -> None:
        self.url, self.credentials = f"{issuer}/oauth/introspect", (client_id, secret)

    async def verify_token(self, token: str) -> AccessToken | None:
        async with httpx2.AsyncClient() as http:
            response = await http.post(self.url, data={"token": token}, auth=self.credentials)
        found = response.raise_for_status().json()
        return accepted(token, found) if found["active"] else None


class JWTVerifier(TokenVerifier):
    """Verifies tokens by the published keys (RFC 9068 section 4)."""

    def __init__(self, issuer: str, resource: str) -> None:
        self.issuer, self.resource = issuer, resource
        self.keys = jwt.PyJWKClient(f"{issuer}/oauth/jwks")

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            if jwt.get_unverified_header(token).get("typ") != "at+jwt":
                return None
            key = await to_thread.run_sync(self.keys.get_signing_key_from_jwt, token)
            claims = jwt.decode(token, key, algorithms=["ES256"], issuer=self.issuer, audience=self.resource)
        except jwt.PyJWTError:
            return None
        return accepted(token, claims)


def main(port: str, issuer: str, form: str, client_id: str, secret: str) -> None:
    resource: Any = f"http://localhost:{port}/mcp"
    verifier: TokenVerifier = IntrospectionVerifier(issuer, client_id, secret)
    if form == "jwt":
        verifier = JWTVerifier(issuer, resource)
    issued_by: Any = issuer
    auth = AuthSettings(issuer_url=issued_by, resource_server_url=resource, validate_token_resource=True)
    mcp = MCPServer("Billing", token_verifier=verifier, auth=auth, log_level="ERROR")

    @mcp.tool()
    def who() -> str:
        """Return the person and the scopes of the call's token."""
        token = get_access_token()
        assert token is not None
        return f"{token.subject} {' '.join(sorted(token.scopes))}"

    mcp.run("streamable-http", host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
