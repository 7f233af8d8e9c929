"""Preview of the tools, resources, prompts and skills that each scope gives a client, for the consent page."""

from collections import defaultdict

from accounts.models import Client
from accounts.resource_server.bearer import Principal
from accounts.scopes import PreviewItem, PreviewProvider
from accounts.user_model import User
from mcp_api.policy import rules as policy
from mcp_api.policy.access import is_open_to
from mcp_api.registry.targets import all_primitives


def preview_for(person: User, endpoint: str) -> PreviewProvider:
    """Return a provider that lists each primitive once, under the last of its scopes, and names its other scopes.

    Those of the toolset at `endpoint`; for "", all.
    """
    revision = policy.current_revision()

    def preview(scopes: list[str], client: Client) -> dict[str, list[PreviewItem]]:
        principal = Principal(person, client, frozenset(scopes), 0, 0, revision, endpoint=endpoint)
        items: dict[str, list[PreviewItem]] = defaultdict(list)
        for primitive in all_primitives().values():
            needed = policy.scopes_of(primitive, principal)
            if principal.scopes.issuperset(needed) and is_open_to(principal, primitive):
                *others, under = sorted(needed, key=scopes.index) or scopes[:1]
                items[under].append(
                    PreviewItem(primitive.kind, primitive.key, str(primitive.title), primitive.effect, tuple(others))
                )
        return items

    return preview
