"""FastMCP with its JWTVerifier. Runs in the benchmarks' own environment: it knows nothing of this project."""

import os

from fastmcp import Context, FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token

from tests.benchmarks.contenders import tools

server = FastMCP(
    "notes",
    auth=JWTVerifier(
        public_key=os.environ["BENCH_PUBLIC_KEY"],
        issuer="http://127.0.0.1/",
        audience="http://127.0.0.1/mcp",
        required_scopes=["read"],
    ),
)
for each in (tools.plain, tools.asynchronous, tools.wait, tools.wait_async):
    server.tool(each)


@server.tool
def with_context(text: str, context: Context) -> str:
    """Return the given text unchanged, to a person who is known."""
    token = get_access_token()
    assert token is not None
    return f"{token.claims['sub']}: {text}"


application = server.http_app()
