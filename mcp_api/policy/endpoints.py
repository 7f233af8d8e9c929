"""The toolsets as endpoints of this server, for accounts/protected_resources/endpoints.py."""

from collections.abc import Iterable

from accounts import scopes
from accounts.protected_resources.endpoints import Endpoint
from mcp_api.policy import rules as policy
from mcp_api.registry.targets import all_primitives
from mcp_api.toolsets.enabled import EnabledToolset


def active(name: str | None) -> Iterable[Endpoint]:
    """Return the toolsets that are switched on: that with the `name`, or all."""
    found = policy.toolsets()
    if name is not None:
        return [_endpoint(found[name])] if name in found else []
    return list(map(_endpoint, found.values()))


def _endpoint(toolset: EnabledToolset) -> Endpoint:
    return Endpoint(toolset.name, toolset.title, offered_by(toolset), toolset.groups)


def offered_by(toolset: EnabledToolset) -> tuple[str, ...]:
    """Return the scopes of `toolset` that people can grant: those that it offers, or all that its tools need."""
    needed = toolset.scopes
    if not needed:
        revision, members = policy.current_revision(), filter(toolset.includes, all_primitives().values())
        needed = frozenset(name for each in members for name in policy.scopes_at(each, revision))
    return tuple(name for name in scopes.names(of_resource_only=True) if name in needed)
