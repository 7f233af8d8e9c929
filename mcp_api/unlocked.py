"""What somebody opens to a client by the scopes that they grant it, as the consent page names it."""

from collections import defaultdict

from accounts.models import Client, User
from accounts.scopes import Unlocked
from mcp_api.local import principal_of
from mcp_api.offers import policy, prompts, registry, resources
from mcp_api.offers.access import is_open_to


def unlocked_by(scopes: list[str], person: User, client: Client) -> dict[str, list[Unlocked]]:
    """By the last of `scopes` that it needs, each thing once; whatever else it needs is named beside it."""
    principal = principal_of(person, client, scopes)
    found: dict[str, list[Unlocked]] = defaultdict(list)
    for offered in (*registry.tools.values(), *resources.resources.values(), *prompts.prompts.values()):
        needed = policy.scopes_of(offered, principal)
        if principal.scopes.issuperset(needed) and is_open_to(principal, offered):
            *others, under = sorted(needed, key=scopes.index)
            found[under].append(Unlocked(offered.kind, offered.key, offered.title, offered.does, tuple(others)))
    return dict(found)
