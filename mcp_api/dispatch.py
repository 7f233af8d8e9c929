"""Method name -> handler, one table; and the one way through: check, run, record."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import transaction
from mcp_types.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND
from mcp_types.methods import serialize_server_result, validate_client_request
from pydantic import ValidationError

from accounts.endpoints import UNAVAILABLE
from accounts.models import Event
from mcp_api import audit, registry
from mcp_api.call import Call
from mcp_api.errors import InsufficientScope, McpError
from mcp_api.methods import completion, lifecycle, prompts, resources, tools
from mcp_api.schema import explain

Handler = Callable[[Call], dict[str, Any]]

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
}

SERVER_INFO_META_KEY = "io.modelcontextprotocol/serverInfo"


def dispatch(call: Call) -> dict[str, Any]:
    """The result of `call` in the shape of its revision. Raises McpError or InsufficientScope, recorded already."""
    started = time.monotonic()
    try:
        with unit_of_work(call):
            result = answer(call)
            audit.record(call, Event.Outcome.OK, started)
    except tools.ToolFailed as failure:
        audit.record(call, Event.Outcome.FAILED, started, reason=failure.reason)
        result = in_its_revision(call, failure.result)
    except McpError as error:
        audit.record(call, Event.Outcome.REFUSED, started, reason=str(error.code), detail=error.message)
        raise
    except InsufficientScope as error:
        audit.record(call, Event.Outcome.REFUSED, started, reason="insufficient_scope", detail=str(error))
        raise
    except UNAVAILABLE:
        raise
    except Exception:
        # A defect outside the tool itself, such as a constraint that is checked when its transaction commits.
        audit.record(call, Event.Outcome.FAILED, started, reason="defect")
        raise
    return result


def answer(call: Call) -> dict[str, Any]:
    request = call.request
    try:
        validate_client_request(request.method, request.version, request.params or None)
        handler = HANDLERS[request.method]
    except KeyError as error:
        raise McpError(METHOD_NOT_FOUND, f"Method not found: {request.method}") from error
    except ValidationError as error:
        raise McpError(INVALID_PARAMS, f"Invalid params:\n{explain(error)}") from error
    return in_its_revision(call, handler(call))


def in_its_revision(call: Call, result: dict[str, Any]) -> dict[str, Any]:
    """`result` as the request's revision has it: what that does not know is left out."""
    modern = {"resultType": "complete", "_meta": {SERVER_INFO_META_KEY: lifecycle.server_info()}}
    full = {**result, **modern} if call.request.is_modern else result
    return serialize_server_result(call.request.method, call.request.version, full)


def unit_of_work(call: Call) -> AbstractContextManager[Any]:
    """A transaction, for whatever writes; a tool that only reads must not hold one (SQLite has a single writer)."""
    tool = registry.find(call.request.params.get("name")) if call.request.method == "tools/call" else None
    return transaction.atomic() if tool is not None and not tool.read_only else nullcontext()
