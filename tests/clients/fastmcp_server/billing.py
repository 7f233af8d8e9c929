"""Another MCP server, of FastMCP, whose tokens this server issues (docs/other-resources.md).

billing.py PORT ISSUER jwt|opaque CLIENT_ID SECRET
"""

import sys
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider, TokenVerifier
from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token


def main(port: str, issuer: str, form: str, client_id: str, secret: str) -> None:
    verifier: TokenVerifier = IntrospectionTokenVerifier(
        introspection_url=f"{issuer}/oauth/introspect", client_id=client_id, client_secret=secret
    )
    if form == "jwt":
        verifier = JWTVerifier(
            jwks_uri=f"{issuer}/oauth/jwks", issuer=issuer, audience=f"http://localhost:{port}/mcp", algorithm="ES256"
        )
    # A pydantic URL would end in a slash, and would not be the issuer that clients expect.
    servers: Any = [issuer]
    auth = RemoteAuthProvider(
        token_verifier=verifier, authorization_servers=servers, base_url=f"http://localhost:{port}"
    )
    mcp = FastMCP("Billing", auth=auth)

    @mcp.tool
    def who() -> str:
        """Return the person and the scopes of the call's token."""
        token = get_access_token()
        assert token is not None
        return f"{token.claims['sub']} {' '.join(sorted(token.scopes))}"

    mcp.run(transport="http", host="127.0.0.1", port=int(port), show_banner=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
