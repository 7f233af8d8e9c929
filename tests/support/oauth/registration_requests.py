"""Registration requests that real clients send, and refusals of the registration endpoint."""

from typing import Any

from accounts.models import Client
from tests.support.flows import Response

BOTH = ["authorization_code", "refresh_token"]

CODE_AND_REFRESH = {"grant_types": BOTH, "response_types": ["code"]}


# The registration requests of real clients, as seen in their sources and issue trackers in 2026.
REAL_CLIENTS: dict[str, dict[str, Any]] = {
    "curl, as in the walk-through": {
        "client_name": "My Test App",
        "redirect_uris": ["http://localhost:8080/callback"],
        "scope": "read write",
    },
    "Claude": {
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "client_secret_post",
    },
    "Claude Code": {
        "client_name": "Claude Code",
        "redirect_uris": ["http://localhost:3118/callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    },
    "Cursor": {
        "client_name": "Cursor",
        "redirect_uris": [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "application_type": "web",
    },
    "Visual Studio Code": {
        "client_name": "Visual Studio Code",
        "client_uri": "https://code.visualstudio.com",
        "redirect_uris": [
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://localhost/",
            "http://127.0.0.1/",
            "http://localhost:33418/",
            "http://127.0.0.1:33418/",
        ],
        "grant_types": [*BOTH, "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "scope": "read write",
    },
    "Codex CLI": {
        "client_name": "Codex",
        "redirect_uris": ["http://127.0.0.1:37819/callback/a1b2c3d4e5f6"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    },
    "Gemini CLI": {
        "client_name": "Gemini CLI MCP Client",
        "redirect_uris": ["http://localhost:7777/oauth/callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
        "scope": "",
    },
    "MCP Inspector": {
        "client_name": "MCP Inspector",
        "client_uri": "https://github.com/modelcontextprotocol/inspector",
        "redirect_uris": ["http://localhost:6274/oauth/callback", "http://127.0.0.1:6276/oauth/callback"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "none",
    },
    "ChatGPT": {
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
        **CODE_AND_REFRESH,
        "token_endpoint_auth_method": "client_secret_post",
    },
}


def is_refused(response: Response, error: str, *words: str) -> bool:
    """Return whether `response` is an error as RFC 7591 section 3.2.2 has it, and no row was written."""
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert response["Cache-Control"] == "no-store"
    told = response.json()
    assert told["error"] == error, told
    assert all(word in told["error_description"] for word in words), told
    return not Client.objects.exists()
