"""The official SDK, with one token in memory. Runs in the benchmarks' own environment."""

import os

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, MCPServer
from pydantic import AnyHttpUrl

from tests.benchmarks.contenders import tools


class InMemory:
    """Knows the one token of the benchmark."""

    def __init__(self, token: str) -> None:
        self.tokens = {token: AccessToken(token=token, client_id="bench", scopes=["read"], subject="demo")}

    async def verify_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)


server = MCPServer(
    "notes",
    token_verifier=InMemory(os.environ["BENCH_TOKEN"]),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1"),
        resource_server_url=AnyHttpUrl("http://127.0.0.1/mcp"),
        required_scopes=["read"],
        validate_token_resource=False,
    ),
    log_level="WARNING",
)
for each in (tools.plain, tools.asynchronous, tools.wait, tools.wait_async):
    server.tool()(each)


@server.tool()
def with_context(text: str, context: Context) -> str:
    """Return the given text unchanged, to a person who is known."""
    token = get_access_token()
    assert token is not None
    return f"{token.subject}: {text}"


application = server.streamable_http_app()
