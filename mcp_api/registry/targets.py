"""Target of a request: the tool that it calls, the prompt that it gets or the resource that it reads."""

from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.errors import McpError
from mcp_api.protocol.messages import Request
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.registry.completions import Completion
from mcp_api.registry.prompts import Prompt
from mcp_api.registry.resources import Resource
from mcp_api.registry.tools import Tool
from mcp_api.schemas.validation_messages import path

# The legacy code. Revision 2026-07-28 uses INVALID_PARAMS.
LEGACY_RESOURCE_NOT_FOUND = -32002


def all_primitives() -> dict[tuple[str, str], Tool | Prompt | Resource]:
    """Return all that apps declare and that has rules of its own, by kind and key.

    Of several resources with one key, it has the first. An app's page has the rules of its tool.
    """
    found: dict[tuple[str, str], Tool | Prompt | Resource] = {}
    for table in (registry.tools, resources.resources, prompts.prompts):
        for each in (one for one in table.values() if one.ruled_by is one):
            found.setdefault((each.kind, each.key), each)
    return found


def by_key(kind: str, key: str) -> Tool | Prompt | Resource | None:
    """Return the primitive with this kind and key (see Primitive); None if no app declares it any more."""
    # Streams ask for each message of a tool.
    if kind == Tool.kind:
        return registry.tools.get(key)
    page = resources.resources.get(key) if kind == Resource.kind else None
    return all_primitives().get((kind, key)) or page


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
    """Return the target of a request; None if it has none, or an unknown one. The params are not validated yet."""
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


def label(request: Request) -> str:
    """Return a unique name of the request's target, such as "tool lend_book"; the method if there is no target."""
    target = find(request)
    return request.method if target is None else f"{target.kind} {target.key}"


def completion(request: Request) -> Completion | None:
    """Return the completion of a `completion/complete`; None if there is none. The params are not validated yet."""
    if request.method != "completion/complete":
        return None
    argument = request.params.get("argument")
    name = argument.get("name") if isinstance(argument, dict) else None
    subject = referred(request.params.get("ref"))
    return subject.complete.get(name) if subject is not None and isinstance(name, str) else None


def referred(ref: Any) -> Prompt | Resource | None:
    """Return the prompt or resource of a completion's `ref`; None if it is unknown."""
    match ref:
        case {"type": "ref/prompt", "name": str(name)}:
            return prompts.prompts.get(name)
        case {"type": "ref/resource", "uri": str(uri)}:
            return resources.declared_at(uri)
        case _:
            return None
