"""What a request is about: the tool it calls, the prompt it gets or the resource it reads."""

from mcp_api.envelope import Request
from mcp_api.offers import prompts, registry, resources
from mcp_api.offers.prompts import Prompt
from mcp_api.offers.registry import Tool
from mcp_api.offers.resources import Resource


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
