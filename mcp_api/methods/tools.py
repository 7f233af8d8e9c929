"""`tools/list` and `tools/call` (spec: server/tools)."""

import logging
import secrets
from typing import Any

from pydantic_core import to_jsonable_python

from mcp_api.calls.call import Call
from mcp_api.errors import McpError, ToolError
from mcp_api.methods.pages import page
from mcp_api.offers import param_headers, registry, targets
from mcp_api.offers.access import is_open_to, require_scopes
from mcp_api.offers.content import BLOCKS, as_blocks
from mcp_api.offers.registry import Tool
from mcp_api.offers.running import run
from mcp_api.offers.schema import InvalidArguments, as_text

logger = logging.getLogger(__name__)


class ToolFailed(Exception):
    """A tool that answered with an error: `result` is told to the model, and what it wrote is taken back."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.result = {"content": [{"type": "text", "text": text}], "isError": True}


def list_tools(call: Call) -> dict[str, Any]:
    return page(call, "tools", registry.tools.values(), describe)


def call_tool(call: Call) -> dict[str, Any]:
    """Run a tool in the person's name.

    Raises McpError for one that does not exist, InsufficientScope where the token does not
    reach, ToolFailed for whatever went wrong inside: the model is to see that, not the client.
    """
    tool = find(call)
    require_scopes(call, tool)
    sent = call.request.params.get("arguments") or {}
    if call.request.is_modern:
        required = not call.request.header_disagrees
        param_headers.check(tool.headers, sent, call.request.param_headers, required=required)
    try:
        arguments = tool.arguments.check(sent)
        return shape(tool, run(tool.function, tool.arguments, arguments, call))
    except InvalidArguments as error:
        raise ToolFailed("invalid_arguments", f"Invalid arguments for {tool.name}:\n{error}") from error
    except ToolError as error:
        raise ToolFailed("tool_error", str(error)) from error
    except McpError:
        # Not about the tool: its client cannot be asked, or gave an answer that does not fit.
        raise
    except Exception as error:
        raise defect(tool) from error


def find(call: Call) -> Tool:
    tool = registry.find(call.request.params["name"])
    if tool is None or not is_open_to(call.principal, tool):
        raise targets.refusal(call.request)
    return tool


def describe(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.arguments.json_schema(),
        "annotations": tool.annotations,
        **({"outputSchema": tool.result.json_schema()} if tool.result else {}),
        **({"icons": tool.icons} if tool.icons else {}),
    }


def shape(tool: Tool, value: Any) -> dict[str, Any]:
    if tool.result is None:
        return {"content": undeclared(value)}
    text, structured = tool.result.shape(value)
    return {"content": [{"type": "text", "text": text}], "structuredContent": structured}


def undeclared(value: Any) -> list[dict[str, Any]]:
    """Content for a value of no declared type: blocks as they are, anything else as text."""
    if value is None:
        return []
    if isinstance(value, BLOCKS) or (isinstance(value, list) and any(isinstance(item, BLOCKS) for item in value)):
        return as_blocks(value)
    return as_blocks(as_text(to_jsonable_python(value)))


def defect(tool: Tool) -> ToolFailed:
    """What is told of an unexpected exception: an id, by which the operator finds it in the log."""
    reference = secrets.token_hex(4)
    logger.exception("tool %s failed, reference %s", tool.name, reference)
    return ToolFailed("defect", f"The tool failed. The server's operator can find the cause under {reference}.")
