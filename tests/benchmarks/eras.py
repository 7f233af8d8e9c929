"""`tools/call` as clients of each revision send it: 2026-07-28 by itself, 2025-11-25 in a session."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.load import Load

MODERN, LEGACY = "2026-07-28", "2025-11-25"
REVISIONS = (MODERN, LEGACY)
CLIENT = {"name": "benchmark", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT,
}
INITIALIZE = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT}
TEXT = {"text": "Hello, World!"}


def call(revision: str, origin: str, token: str, name: str, arguments: dict[str, Any]) -> Load:
    """Calls of one tool, each of which must be answered by a result."""
    headers, params = common(token, revision), {"name": name, "arguments": arguments}
    if revision == MODERN:
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": name}
        params["_meta"] = META
    else:
        headers["Mcp-Session-Id"] = new_session(origin, token)
    load = Load(f"{origin}/mcp", message("tools/call", params), headers)
    require_result(load)
    return load


def common(token: str, revision: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {token}",
        "MCP-Protocol-Version": revision,
    }


def message(method: str, params: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def new_session(origin: str, token: str) -> str:
    """The id of a session that was initialized as the revision says."""
    headers = common(token, LEGACY)
    response, _ = send(f"{origin}/mcp", message("initialize", INITIALIZE), headers)
    session = response.headers["Mcp-Session-Id"]
    initialized = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
    send(f"{origin}/mcp", initialized, {**headers, "Mcp-Session-Id": session})
    return str(session)


def require_result(load: Load) -> None:
    """Raise RuntimeError unless a tool's own result comes, as JSON or as the last event of a stream."""
    _, body = send(load.url, load.body, load.headers)
    result = json.loads(body.rpartition(b"data: ")[2]).get("result")
    if result is None or result.get("isError"):
        raise RuntimeError(f"{load.body} was answered by {body!r}")


def send(url: str, body: str, headers: Any) -> tuple[http.client.HTTPResponse, bytes]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=30)
    try:
        connection.request("POST", address.path, body, headers)
        response = connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{url} answered {response.status}: {content[:500]!r}")
        return response, content
    finally:
        connection.close()
