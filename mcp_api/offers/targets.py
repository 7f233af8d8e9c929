"""What a request is about: the tool it calls, the prompt it gets or the resource it reads."""

from collections.abc import Mapping

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.envelope import Request
from mcp_api.errors import McpError
from mcp_api.offers import prompts, registry, resources
from mcp_api.offers.prompts import Prompt
from mcp_api.offers.registry import Tool
from mcp_api.offers.resources import Resource
from mcp_api.problems import path

# Retired by 2026-07-28, where this is an invalid parameter like any other.
LEGACY_RESOURCE_NOT_FOUND = -32002


def by_key(kind: str, key: str) -> Tool | Prompt | Resource | None:
    """Return what is offered under that kind and key (see Offered), if it still is."""
    tables: dict[str, Mapping[str, Tool | Prompt | Resource]] = {
        Tool.kind: registry.tools,
        Prompt.kind: prompts.prompts,
        Resource.kind: resources.resources,
    }
    return tables[kind].get(key)


def refusal(request: Request) -> McpError:
    """Return the error for what is unknown, forbidden or disabled, which a client cannot tell apart."""
    match request.method:
        case "resources/read":
            return resource_not_found(request)
        case "prompts/get":
            return _unknown("prompt", request.params["name"])
        case _:
            return _unknown("tool", request.params["name"])


def _unknown(kind: str, name: str) -> McpError:
    return McpError(INVALID_PARAMS, f"Unknown {kind}: {path([name])}", detail=f"Unknown {kind}")


def resource_not_found(request: Request, message: str = "Resource not found") -> McpError:
    code = INVALID_PARAMS if request.is_modern else LEGACY_RESOURCE_NOT_FOUND
    return McpError(code, message, {"uri": request.params["uri"]})


def find(request: Request) -> Tool | Prompt | Resource | None:
    """None where it is about none, or about one that is not there. Its parameters are whatever the client sent."""
    name = request.params.get("uri" if request.method == "resources/read" else "name")
    if not isinstance(name, str):
        return None
    match request.method:
        case "tools/call":
            return registry.find(name)
        case "prompts/get":
            return prompts.prompts.get(name)
        case "resources/read":
            found = resources.find(name)
            return found[0] if found else None
        case _:
            return None
