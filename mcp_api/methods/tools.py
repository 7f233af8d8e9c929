"""`tools/list` and `tools/call` (spec: server/tools)."""

import logging
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from accounts.diagnosis.references import reference_detail
from mcp_api.calls.call import Call
from mcp_api.db.writes import before_writes, refuse
from mcp_api.errors import AuthorError, McpError, MissingCapability, ToolError
from mcp_api.extensions import registry as extensions
from mcp_api.methods.pagination import page
from mcp_api.methods.runner import checked, run, run_here
from mcp_api.methods.tool_results import ToolFailed, shape
from mcp_api.policy.access import is_open_to, require_scopes
from mcp_api.registry import param_headers, targets
from mcp_api.registry import tools as registry
from mcp_api.registry.tools import Tool
from mcp_api.schemas.input_schema import InvalidArguments

logger = logging.getLogger(__name__)

# The text of an error without one: the model would see nothing.
NO_REASON = "The tool refused the call, and gave no reason."


def list_tools(call: Call) -> dict[str, Any]:
    listed = (tool for tool in registry.tools.values() if extensions.lists(call, tool))
    return page(call, "tools", listed, describe)


def call_tool(call: Call) -> dict[str, Any]:
    """Run a tool in the person's name.

    Raises McpError for an unknown tool, InsufficientScope if the token lacks a scope, and ToolFailed, which the model
    sees as a result, for any error inside the tool.
    """
    tool, sent = admitted(call)
    with as_tool_failures(call, tool):
        arguments = checked(tool.arguments, sent)
        with before_writes(refuse) if tool.refuses_writes else nullcontext():
            value = run(tool.function, tool.arguments, arguments, call)
        return shape(tool, value, call.request.version)


async def await_tool(call: Call, tool: Tool, sent: dict[str, Any]) -> dict[str, Any]:
    """Run an async tool in the running event loop, with what `admitted` returned. Raises what `call_tool` does."""
    with as_tool_failures(call, tool):
        arguments = checked(tool.arguments, sent)
        value = await run_here(tool.function, tool.arguments, arguments, call)
        return shape(tool, value, call.request.version)


def admitted(call: Call) -> tuple[Tool, dict[str, Any]]:
    """Return the tool that is called, and the arguments that were sent. Raises McpError, and InsufficientScope."""
    tool = find(call)
    require_scopes(call, tool)
    sent = call.request.params.get("arguments") or {}
    if call.request.is_modern:
        required = not call.request.header_disagrees
        param_headers.check(tool.headers, sent, call.request.param_headers, required=required)
    return tool, sent


@contextmanager
def as_tool_failures(call: Call, tool: Tool) -> Iterator[None]:
    """Raise ToolFailed for an error inside a tool."""
    try:
        yield
    except InvalidArguments as error:
        raise ToolFailed(
            "invalid_arguments", f"Invalid arguments for {tool.name}:\n{error}", detail=error.detail
        ) from error
    except ToolError as error:
        raise ToolFailed("tool_error", str(error) or NO_REASON) from error
    except MissingCapability as error:
        if call.request.is_modern:
            raise
        # Legacy revisions have no error code for it. The model may find another way.
        raise ToolFailed("tool_error", str(error)) from error
    except (McpError, ToolFailed):
        # McpError is no error of the tool: its client gave an invalid answer.
        raise
    except Exception as error:
        raise defect(call, tool, error) from error


def find(call: Call) -> Tool:
    tool = registry.find(call.request.params["name"])
    if tool is None or not is_open_to(call.principal, tool):
        raise targets.refusal(call.request)
    return tool


def describe(tool: Tool) -> dict[str, Any]:
    listed = tool.listed()
    added = extensions.tool_meta(tool)
    return {
        "name": tool.name,
        **listed,
        **({"_meta": {**listed.get("_meta", {}), **added}} if added else {}),
        "inputSchema": tool.arguments.json_schema(),
        "annotations": tool.annotations,
        # Its results must have structured content (spec: server/tools, Output Schema).
        **({"outputSchema": tool.result.json_schema()} if tool.result and tool.form != "text" else {}),
    }


# Characters of an exception's text, where it is shown to the tool's author.
MOST_SHOWN = 2000
# Frames below this folder are of this package.
OWN_CODE = str(Path(__file__).resolve().parents[1])


def defect(call: Call, tool: Tool, error: Exception) -> ToolFailed:
    """Return the failure for an unexpected exception: a reference, by which the operator finds it in the log."""
    reference = secrets.token_hex(4)
    mistake = f": {error}" if isinstance(error, AuthorError) else ""
    logger.exception("tool %s failed, reference %s%s", tool.name, reference, mistake)
    message = f"The tool failed. The server's operator can find the cause under {reference}"
    if call.channel.shows_exceptions and not mistake:
        message = f"{message}: {_shown(error)}"
    elif call.channel.shows_author_errors and mistake:
        message = f"{message}{mistake}"
    else:
        message = f"{message}."
    return ToolFailed("defect", message, detail=reference_detail(reference))


def _shown(error: Exception) -> str:
    """Return the exception, and the line of the app that raised it."""
    text = f"{type(error).__name__}: {error!s:.{MOST_SHOWN}}"
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(OWN_CODE)]
    lines = [f'  File "{each.filename}", line {each.lineno}, in {each.name}\n    {each.line}' for each in frames]
    return "\n".join([text, *lines])[: 2 * MOST_SHOWN]
