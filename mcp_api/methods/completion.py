"""`completion/complete` (spec: server/utilities/completion): values for an argument that somebody is typing."""

from collections.abc import Callable
from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.errors import McpError
from mcp_api.offers import prompts, resources
from mcp_api.offers.access import is_open_to, require_scopes
from mcp_api.offers.prompts import Prompt
from mcp_api.offers.resources import Resource
from mcp_api.offers.running import run
from mcp_api.offers.schema import arguments_of

# "Maximum of 100 items per response"
MOST_VALUES = 100


def complete(call: Call) -> dict[str, Any]:
    """Raises McpError for a prompt, template or argument that does not exist."""
    subject = referred(call)
    require_scopes(call, subject)
    argument = call.request.params["argument"]
    names = {name: schema for name, schema, _ in subject.arguments.parameters()}
    if argument["name"] not in names:
        raise McpError(INVALID_PARAMS, f"{subject.name} has no argument {argument['name']}.")
    propose = subject.complete.get(argument["name"])
    typed = argument["value"]
    if propose is not None:
        values = proposed(propose, typed, call)
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


def proposed(propose: Callable[..., Any], typed: str, call: Call) -> list[str]:
    """What an app's function proposes: its first parameter is what was typed, a Context it may have too."""
    takes = arguments_of(propose)
    [name] = takes.names.values()
    return [str(value) for value in run(propose, takes, {name: typed}, call)]
