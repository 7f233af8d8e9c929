"""Check of what clients get: each declaration is serialized alone, as one that fails would fail its whole list."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.utils.functional import Promise
from mcp_types.methods import serialize_server_result
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from mcp_api.checks.primitives import message_about
from mcp_api.checks.tag import TAG
from mcp_api.errors import UnfitResult
from mcp_api.methods import prompts, resources, tools
from mcp_api.registry import prompts as prompt_registry
from mcp_api.registry import resources as resource_registry
from mcp_api.registry import tools as tool_registry
from mcp_api.registry.primitive import Primitive
from mcp_api.schemas.output_schema import as_text

# Members of the results of lists.
REQUIRED = {"resultType": "complete", "ttlMs": 0, "cacheScope": "private"}


@register(TAG)
def check_wire_form(**kwargs: object) -> list[CheckMessage]:
    hint = "Texts are strings (also lazy ones), and meta= is JSON data."
    return [
        message_about(Error, "mcp_api.E022", each, f"{each.name} cannot be listed for clients: {problem}", hint)
        for each, method, member, entry in entries()
        if (problem := problem_of_texts(each) or problem_of(method, member, entry))
    ]


def entries() -> Iterator[tuple[Primitive, str, str, Any]]:
    """Each declaration, with its method, the member of its list, and the function that describes it."""
    for tool in tool_registry.tools.values():
        yield tool, "tools/list", "tools", lambda tool=tool: tools.describe(tool)
    for prompt in prompt_registry.prompts.values():
        yield prompt, "prompts/list", "prompts", lambda prompt=prompt: prompts.describe(prompt)
    for resource in resource_registry.resources.values():
        kind = ("templates/list", "resourceTemplates") if resource.is_template else ("list", "resources")
        yield resource, f"resources/{kind[0]}", kind[1], lambda resource=resource: resources.describe(resource)


def problem_of_texts(each: Primitive) -> str:
    """Return the reason for which the title or the description is not text, or an empty string."""
    texts = {"title": each.title, "description": each.description}
    wrong = (f"{name}={text!r:.80} is not text." for name, text in texts.items() if not isinstance(text, str | Promise))
    return next(wrong, "")


def problem_of(method: str, member: str, describe: Any) -> str:
    """Return the reason for which an entry cannot be sent in some revision, or an empty string."""
    try:
        entry = describe()
        as_text(entry)
        for version in KNOWN_PROTOCOL_VERSIONS:
            serialize_server_result(method, version, {**REQUIRED, member: [entry]})
    except UnfitResult as error:
        return str(error)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'][2:]))}: {first['msg']}."
    except Exception as error:
        return f"{error!r}."
    return ""
