"""FastMCP with its JWTVerifier. Runs in the benchmarks' own environment: it knows nothing of this project."""

import os

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier

server = FastMCP(
    "echo",
    auth=JWTVerifier(
        public_key=os.environ["BENCH_PUBLIC_KEY"],
        issuer="http://127.0.0.1/",
        audience="http://127.0.0.1/mcp",
        required_scopes=["read"],
    ),
)


@server.tool
def echo(text: str) -> str:
    """Return the given text unchanged."""
    return text


application = server.http_app(json_response=True, stateless_http=True)
