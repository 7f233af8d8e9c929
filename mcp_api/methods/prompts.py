"""`prompts/list` and `prompts/get` (spec: server/prompts)."""

from typing import Any

from mcp_types import PromptMessage
from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.errors import McpError, Refused, ToolError
from mcp_api.methods.pagination import page
from mcp_api.methods.runner import checked, run
from mcp_api.policy.access import is_open_to, require_scopes
from mcp_api.registry import prompts, targets
from mcp_api.registry.prompts import Prompt
from mcp_api.schemas.content import as_block
from mcp_api.schemas.input_schema import InvalidArguments


def list_prompts(call: Call) -> dict[str, Any]:
    return page(call, "prompts", prompts.prompts.values(), describe)


def get(call: Call) -> dict[str, Any]:
    """Return the messages of a prompt.

    Raises McpError for an unknown prompt, invalid arguments or a ToolError of the prompt, and InsufficientScope if the
    token lacks a scope.
    """
    prompt = prompts.prompts.get(call.request.params["name"])
    if prompt is None or not is_open_to(call.principal, prompt):
        raise targets.refusal(call.request)
    require_scopes(call, prompt)
    try:
        arguments = checked(prompt.arguments, call.request.params.get("arguments") or {})
    except InvalidArguments as error:
        message = f"Invalid arguments for {prompt.name}:"
        raise McpError(INVALID_PARAMS, f"{message}\n{error}", detail=f"{message} {error.detail}") from error
    try:
        value = run(prompt.function, prompt.arguments, arguments, call)
    except ToolError as error:
        raise Refused(error) from error
    values = value if isinstance(value, list | tuple) else [value]
    return {"description": str(prompt.description), "messages": [prompt_message(item) for item in values]}


def prompt_message(value: Any) -> dict[str, Any]:
    """Return a PromptMessage as it is, and content as a message of the user."""
    if isinstance(value, PromptMessage):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"role": "user", "content": as_block(value)}


def describe(prompt: Prompt) -> dict[str, Any]:
    return {
        "name": prompt.name,
        **prompt.listed(),
        "arguments": [
            {"name": name, "description": schema.get("description", ""), "required": required}
            for name, schema, required in prompt.arguments.parameters()
        ],
    }
