"""`skills/list`, `skills/get` and `resources/directory/read` (SEP-2640)."""

from typing import Any

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_api.calls.call import Call
from mcp_api.errors import McpError
from mcp_api.extensions.extension import Result, Wire
from mcp_api.extensions.skills import registry
from mcp_api.extensions.skills.skill import SKILL_FILE, SkillResource
from mcp_api.methods.pagination import LIST_TTL_MS, page, page_of
from mcp_api.policy.access import count_call, is_open_to, require_scopes


class ListParams(Wire):
    cursor: str | None = None


class GetParams(Wire):
    uri: str


class DirectoryParams(ListParams, GetParams):
    pass


class Cacheable(Result):
    ttl_ms: int
    cache_scope: str


class ListResult(Cacheable):
    skills: list[dict[str, Any]]
    next_cursor: str | None = None


class GetResult(Cacheable):
    skill: dict[str, Any]


class DirectoryResult(Result):
    resources: list[dict[str, Any]]
    next_cursor: str | None = None


def list_skills(call: Call) -> dict[str, Any]:
    return page(call, "skills", registry.skills.values(), lambda resource: resource.skill.entry)


def get_skill(call: Call) -> dict[str, Any]:
    """Return a skill's entry. Raises McpError unless the URI is that of a SKILL.md, InsufficientScope."""
    resource, path = find(call)
    if path != SKILL_FILE:
        raise not_found(call)
    return {"skill": resource.skill.entry, "ttlMs": LIST_TTL_MS, "cacheScope": "private"}


def read_directory(call: Call) -> dict[str, Any]:
    """Return the direct children of a folder. Raises McpError if the URI is none of a folder, InsufficientScope."""
    resource, path = find(call)
    # Models write a slash after a folder's name, too.
    children = resource.skill.folders.get(path[:-1] if path.endswith("/") and path != "/" else path)
    if children is None:
        raise not_found(call, "There is no such folder.")
    return page_of(call, "resources", children, lambda child: child)


def find(call: Call) -> tuple[SkillResource, str]:
    """Return the skill to which the URI belongs, and the path below its folder.

    Raises McpError if it is unknown or the caller may not use it, InsufficientScope, and TooMany.
    """
    found = registry.find(call.request.params["uri"])
    if found is None or not is_open_to(call.principal, found[0]):
        raise not_found(call)
    count_call(call, found[0])
    require_scopes(call, found[0])
    return found


def not_found(call: Call, message: str = "There is no such skill.") -> McpError:
    return McpError(INVALID_PARAMS, message, {"uri": call.request.params["uri"]})
