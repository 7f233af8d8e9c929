"""`completion/complete` (spec: server/utilities/completion): suggested values for an argument."""

from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.errors import McpError
from mcp_api.methods.runner import run
from mcp_api.policy.access import is_open_to, require_scopes
from mcp_api.registry import targets
from mcp_api.registry.completions import Completion
from mcp_api.registry.prompts import Prompt
from mcp_api.registry.resources import Resource
from mcp_api.schemas.input_schema import InvalidArguments
from mcp_api.schemas.validation_messages import path

# "Maximum of 100 items per response"
MOST_VALUES = 100


def complete(call: Call) -> dict[str, Any]:
    """Return suggested values. Raises McpError for a prompt, template or argument that does not exist."""
    subject = referred(call)
    require_scopes(call, subject)
    argument = call.request.params["argument"]
    names = {name: schema for name, schema, _ in subject.arguments.parameters()}
    if argument["name"] not in names:
        message = f"{subject.name} has no argument"
        raise McpError(INVALID_PARAMS, f"{message} {path([argument['name']])}.", detail=f"{message} of that name.")
    completion = subject.complete.get(argument["name"])
    typed = argument["value"]
    if completion is not None:
        values = suggested(completion, typed, call)
    else:
        choices = choices_of(names[argument["name"]], subject.arguments.json_schema().get("$defs", {}))
        values = [value for value in choices if value.startswith(typed)]
    shown = values[:MOST_VALUES]
    return {"completion": {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}}


def choices_of(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Return the values that `schema`, or the Enum that it refers to, lists."""
    if "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    return list(map(str, schema.get("enum", [])))


def referred(call: Call) -> Prompt | Resource:
    subject = targets.referred(call.request.params["ref"])
    if subject is None or not is_open_to(call.principal, subject):
        raise McpError(INVALID_PARAMS, "There is no such prompt or resource template.")
    return subject


def suggested(completion: Completion, typed: str, call: Call) -> list[str]:
    """Return the values that an app's function suggests. Raises McpError if the other arguments are invalid."""
    try:
        arguments = completion.arguments(typed, chosen(call))
    except InvalidArguments as error:
        message = f"context.arguments: {error}"
        raise McpError(INVALID_PARAMS, message, detail=f"context.arguments: {error.detail}") from error
    # It must not ask the person, who is typing.
    call.channel.silence()
    return [str(value) for value in run(completion.function, completion.input_schema, arguments, call)]


def chosen(call: Call) -> dict[str, Any]:
    """Return the arguments that have a value already, if the client sends them (2025-06-18 and later)."""
    context = call.request.params.get("context")
    arguments = context.get("arguments") if isinstance(context, dict) else None
    return arguments if isinstance(arguments, dict) else {}
