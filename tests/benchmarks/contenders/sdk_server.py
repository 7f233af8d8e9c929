"""The official SDK, with one token in memory. Runs in the benchmarks' own environment."""

import os

from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from pydantic import AnyHttpUrl


class InMemory:
    """Knows the one token of the benchmark."""

    def __init__(self, token: str) -> None:
        self.tokens = {token: AccessToken(token=token, client_id="bench", scopes=["read"], subject="demo")}

    async def verify_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)


server = MCPServer(
    "echo",
    token_verifier=InMemory(os.environ["BENCH_TOKEN"]),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1"),
        resource_server_url=AnyHttpUrl("http://127.0.0.1/mcp"),
        required_scopes=["read"],
        validate_token_resource=False,
    ),
    log_level="WARNING",
)


@server.tool()
def echo(text: str) -> str:
    """Return the given text unchanged."""
    return text


application = server.streamable_http_app(json_response=True, stateless_http=True)
