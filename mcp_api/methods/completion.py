"""`completion/complete` (spec: server/utilities/completion): values for an argument that somebody is typing."""

from dataclasses import replace
from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.calls.conversation import Conversation
from mcp_api.errors import McpError
from mcp_api.offers import prompts, resources
from mcp_api.offers.access import is_open_to, require_scopes
from mcp_api.offers.completions import Completion
from mcp_api.offers.prompts import Prompt
from mcp_api.offers.resources import Resource
from mcp_api.offers.running import run
from mcp_api.offers.schema import InvalidArguments
from mcp_api.problems import path

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
        values = [value for value in map(str, names[argument["name"]].get("enum", [])) if value.startswith(typed)]
    shown = values[:MOST_VALUES]
    return {"completion": {"values": shown, "total": len(values), "hasMore": len(values) > len(shown)}}


def referred(call: Call) -> Prompt | Resource:
    ref = call.request.params["ref"]
    if ref["type"] == "ref/prompt":
        subject: Prompt | Resource | None = prompts.prompts.get(ref["name"])
    else:
        subject = resources.resources.get(ref["uri"])
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
    silent = replace(call, conversation=Conversation())
    return [str(value) for value in run(completion.function, completion.takes, arguments, silent)]


def chosen(call: Call) -> dict[str, Any]:
    """The arguments that have their value already, as far as the client tells (2025-06-18 and later)."""
    context = call.request.params.get("context")
    arguments = context.get("arguments") if isinstance(context, dict) else None
    return arguments if isinstance(arguments, dict) else {}
