"""MCP messages as clients send them: the body and the headers that belong to it."""

from typing import Any

MODERN = "2026-07-28"
LEGACY = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"

Body = dict[str, Any]
Headers = dict[str, str]


def request(method: str, params: Body | None = None, **members: Any) -> Body:
    """A JSON-RPC request; `members` replace its own."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}, **members}


def meta(version: str = MODERN) -> Body:
    """Return the `params._meta` of every modern request."""
    return {
        VERSION_KEY: version,
        "io.modelcontextprotocol/clientInfo": {"name": "A client", "version": "1"},
        CAPABILITIES_KEY: {},
    }


def modern(method: str, params: Body | None = None, *, version: str = MODERN, **members: Any) -> tuple[Body, Headers]:
    """A request of the modern era with its headers."""
    params = {"_meta": meta(version), **(params or {})}
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": method}
    if method in NAMED_BY and NAMED_BY[method] in params:
        headers["Mcp-Name"] = params[NAMED_BY[method]]
    return request(method, params, **members), headers


def legacy(method: str, params: Body | None = None, *, version: str = "2025-11-25") -> tuple[Body, Headers]:
    """A request of the legacy era with its header."""
    return request(method, params), {"MCP-Protocol-Version": version}


def initialize(version: str) -> Body:
    """Return the request that opens a legacy session, which has no header yet."""
    info = {"name": "A client", "version": "1"}
    return request("initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": info})
