"""Versions and capabilities: `initialize` and `ping` (legacy), `server/discover` (modern)."""

from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION

from accounts.resource_server.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.db.json_values import can_be_kept
from mcp_api.errors import McpError
from mcp_api.extensions import registry as extensions
from mcp_api.policy.rules import toolset_of

# How long a client may rely on what it discovered, in milliseconds.
DISCOVERY_TTL_MS = 3_600_000


def server_info(principal: Principal) -> dict[str, str]:
    """Return the identity of the server at the principal's endpoint, which each modern reply has."""
    toolset = toolset_of(principal)
    title = toolset.title if toolset is not None else conf.SERVER_NAME
    return {"name": "oauth-mcp-server", "title": title, "version": conf.SERVER_VERSION}


def whole_server_info(principal: Principal) -> dict[str, Any]:
    """Return the identity of the server, with its web site and icons."""
    site = {"websiteUrl": conf.SERVER_WEBSITE_URL} if conf.SERVER_WEBSITE_URL else {}
    icons = {"icons": [{"src": source} for source in conf.SERVER_ICONS]} if conf.SERVER_ICONS else {}
    return {**server_info(principal), **site, **icons}


def instructions(principal: Principal) -> dict[str, str]:
    """Return those of the principal's toolset; without any, and at /mcp, those of the server."""
    toolset = toolset_of(principal)
    text = toolset.instructions if toolset is not None else ""
    return {"instructions": text or conf.SERVER_INSTRUCTIONS} if text or conf.SERVER_INSTRUCTIONS else {}


def capabilities() -> dict[str, Any]:
    return {
        "tools": {"listChanged": True},
        "resources": {"listChanged": True, "subscribe": True},
        "prompts": {"listChanged": True},
        "completions": {},
        "logging": {},
        **extensions.capabilities(),
    }


def initialize(call: Call) -> dict[str, Any]:
    """Agree on a revision: the client's if the server supports it, else the latest (2025-11-25, basic/lifecycle).

    Raises McpError for capabilities that the database cannot store.
    """
    if not can_be_kept(call.request.params["capabilities"]):
        raise McpError(INVALID_PARAMS, "The capabilities hold a NUL character, or a number beyond all that JSON has.")
    asked = call.request.params["protocolVersion"]
    return {
        "protocolVersion": asked if asked in HANDSHAKE_PROTOCOL_VERSIONS else LATEST_HANDSHAKE_VERSION,
        "capabilities": capabilities(),
        "serverInfo": whole_server_info(call.principal),
        **instructions(call.principal),
    }


def ping(call: Call) -> dict[str, Any]:
    return {}


def discover(call: Call) -> dict[str, Any]:
    return {
        "supportedVersions": list(reversed(KNOWN_PROTOCOL_VERSIONS)),
        "capabilities": capabilities(),
        **instructions(call.principal),
        "ttlMs": DISCOVERY_TTL_MS,
        # The same for all callers.
        "cacheScope": "public",
    }
