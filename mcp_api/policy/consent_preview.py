"""Names of what each scope opens to a client, for the consent page."""

from collections import defaultdict

from accounts.models import Client, User
from accounts.resource_server.bearer import Principal
from accounts.scopes import Opener, Unlocked
from mcp_api.local import policy_revision
from mcp_api.policy import rules as policy
from mcp_api.policy.access import is_open_to
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import Offered


def opener_for(person: User) -> Opener:
    """By the last of the scopes that it needs, each thing once; whatever else it needs is named beside it."""
    revision = policy_revision()

    def unlocked_by(scopes: list[str], client: Client) -> dict[str, list[Unlocked]]:
        principal = Principal(person, client, frozenset(scopes), 0, 0, policy_revision=revision)
        found: dict[str, list[Unlocked]] = defaultdict(list)
        for offered in all_offered():
            needed = policy.scopes_of(offered, principal)
            if principal.scopes.issuperset(needed) and is_open_to(principal, offered):
                *others, under = sorted(needed, key=scopes.index) or scopes[:1]
                found[under].append(Unlocked(offered.kind, offered.key, offered.title, offered.does, tuple(others)))
        return found

    return unlocked_by


def all_offered() -> list[Offered]:
    return [*registry.tools.values(), *resources.resources.values(), *prompts.prompts.values()]
