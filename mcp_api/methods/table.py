"""Table of the MCP methods: handlers, and the validation of requests and results against their revision."""

from typing import Any

from mcp_types import SERVER_INFO_META_KEY
from mcp_types.jsonrpc import METHOD_NOT_FOUND
from mcp_types.methods import serialize_server_result, validate_client_request
from pydantic import ValidationError

from mcp_api.calls.call import Call
from mcp_api.calls.locale import call_locale
from mcp_api.errors import McpError
from mcp_api.extensions import registry as extensions
from mcp_api.extensions.extension import Handler
from mcp_api.methods import completion, lifecycle, logging, prompts, resources, subscriptions, tools
from mcp_api.protocol.encoding import require_encodable
from mcp_api.protocol.messages import Request
from mcp_api.schemas.validation_messages import LONGEST_NAME, invalid_params

# `subscriptions/listen` is not among them: its result is a stream (mcp_api/methods/subscriptions.py).
HANDLERS: dict[str, Handler] = {
    "initialize": lifecycle.initialize,
    "ping": lifecycle.ping,
    "server/discover": lifecycle.discover,
    "tools/list": tools.list_tools,
    "tools/call": tools.call_tool,
    "resources/list": resources.list_resources,
    "resources/templates/list": resources.list_templates,
    "resources/read": resources.read,
    "prompts/list": prompts.list_prompts,
    "prompts/get": prompts.get,
    "completion/complete": completion.complete,
    "logging/setLevel": logging.set_level,
    "resources/subscribe": subscriptions.subscribe,
    "resources/unsubscribe": subscriptions.unsubscribe,
}

# Methods whose results have values of an app's function. Those of tools are checked already (tool_results.py).
VALUES_OF_APPS = {"resources/read", "prompts/get", "completion/complete"}


def run_handler(call: Call) -> dict[str, Any]:
    """Return the result of `call` in the shape of its revision. Raises what the handler and `handler_for` raise."""
    handler = extensions.handler_in_place(call) or handler_for(call.request)
    with call_locale(call.language):
        return wire_result(call, handler(call))


def handler_for(request: Request) -> Handler:
    """Return the handler of `request`. Raises McpError for an unknown method and for invalid parameters."""
    try:
        validate_client_request(request.method, request.version, request.params or None)
        return HANDLERS[request.method]
    except KeyError as error:
        if (handler := extensions.handler_of(request)) is not None:
            return handler
        raise McpError(METHOD_NOT_FOUND, unknown_method(request), detail="Method not found") from error
    except ValidationError as error:
        raise invalid_params(error) from error


def unknown_method(request: Request) -> str:
    """Return the message about a method that the request's revision does not have."""
    known = (HANDLERS, extensions.methods, (subscriptions.LISTEN,))
    is_of_the_other_era = any(request.method in each for each in known)
    why = f", as {request.version} does not have it" if is_of_the_other_era else ""
    return f"Method not found: {request.method[:LONGEST_NAME]}{why}"


def wire_result(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """Return `result` in the shape of the request's revision, without the members that this revision does not have."""
    request = call.request
    if request.is_modern:
        is_discovery = request.method == "server/discover"
        server = (lifecycle.whole_server_info if is_discovery else lifecycle.server_info)(call.principal)
        result = {"resultType": "complete", **result, "_meta": {SERVER_INFO_META_KEY: server}}
    wire = extensions.serialize(request, result)
    if wire is None:
        wire = serialize_server_result(request.method, request.version, result)
    if request.method == "initialize":
        # The schemas of legacy revisions have no extensions, which clients of those revisions negotiate all the same.
        wire["capabilities"] |= extensions.capabilities()
    if request.method in VALUES_OF_APPS:
        require_encodable(wire, "The result")
    return wire
