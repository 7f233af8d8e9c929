"""`completion/complete` (spec: server/utilities/completion): values for an argument that somebody is typing."""

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
from mcp_api.schemas.signature import InvalidArguments
from mcp_api.schemas.validation_messages import path

# "Maximum of 100 items per response"
MOST_VALUES = 100


def complete(call: Call) -> dict[str, Any]:
    """Raises McpError for a prompt, template or argument that does not exist."""
    subject = referred(call)
    require_scopes(call, subject)
    argument = call.request.params["argument"]
    names = {name: schema for name, schema, _ in subject.arguments.parameters()}
    if argument["name"] not in names:
        told = f"{subject.name} has no argument"
        raise McpError(INVALID_PARAMS, f"{told} {path([argument['name']])}.", detail=f"{told} of that name.")
    completion = subject.complete.get(argument["name"])
    typed = argument["value"]
    if completion is not None:
        values = proposed(completion, typed, call)
    else:
        choices = choices_of(names[argument["name"]], subject.arguments.json_schema().get("$defs", {}))
        values = [value for value in choices if value.startswith(typed)]
    shown = values[:MOST_VALUES]
    return {"completion": {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}}


def choices_of(schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """The values that `schema` allows, where it lists them: itself, or as an Enum's definition."""
    if "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    return list(map(str, schema.get("enum", [])))


def referred(call: Call) -> Prompt | Resource:
    subject = targets.referred(call.request.params["ref"])
    if subject is None or not is_open_to(call.principal, subject):
        raise McpError(INVALID_PARAMS, "There is no such prompt or resource template.")
    return subject


def proposed(completion: Completion, typed: str, call: Call) -> list[str]:
    """What an app's function proposes. Raises McpError where what was chosen already does not fit."""
    try:
        arguments = completion.arguments(typed, chosen(call))
    except InvalidArguments as error:
        told = f"context.arguments: {error}"
        raise McpError(INVALID_PARAMS, told, detail=f"context.arguments: {error.detail}") from error
    # It may not ask: somebody is typing already.
    call.channel.silence()
    return [str(value) for value in run(completion.function, completion.takes, arguments, call)]


def chosen(call: Call) -> dict[str, Any]:
    """The arguments that have their value already, as far as the client tells (2025-06-18 and later)."""
    context = call.request.params.get("context")
    arguments = context.get("arguments") if isinstance(context, dict) else None
    return arguments if isinstance(arguments, dict) else {}
