"""Token exchange (RFC 8693): the exchanges that the operator allows, and who acts for a person."""

from collections.abc import Sequence
from typing import Any

from accounts.http.address import same_resource
from accounts.models import AllowedExchange, Authorization, ProtectedResource
from accounts.protected_resources.metadata import scopes_of

# The servers of a chain that act one after the other: a token of the last one cannot be exchanged again.
MOST_ACTORS = 4


def find(source: ProtectedResource, target: str) -> AllowedExchange | None:
    """Return the allowed exchange of tokens of `source` for tokens of the resource `target`, which is active."""
    allowed = AllowedExchange.objects.select_related("target").filter(source=source, target__is_active=True)
    return next((each for each in allowed if same_resource(each.target.identifier, target)), None)


def ceiling(allowed: AllowedExchange) -> list[str]:
    """Return the scopes that an exchanged token may have: those that the operator chose, and that the target uses."""
    chosen = allowed.scope.split()
    return [name for name in scopes_of(allowed.target) if name in chosen]


def reachable(identifier: str) -> list[AllowedExchange]:
    """Return the allowed exchanges that begin with a token of the resource `identifier`, the direct ones first."""
    active = AllowedExchange.objects.filter(source__is_active=True, target__is_active=True).order_by("pk")
    left = list(active.select_related("source", "target"))
    found: list[AllowedExchange] = []
    sources = [identifier]
    for _ in range(MOST_ACTORS):
        following = [each for each in left if _is_any(each.source.identifier, sources)]
        left = [each for each in left if each not in following]
        found += following
        sources = [each.target.identifier for each in following]
    return found


def _is_any(identifier: str, others: Sequence[str]) -> bool:
    return any(same_resource(identifier, other) for other in others)


def actor_claim(authorization: Authorization) -> dict[str, Any] | None:
    """Return the claim `act` of the tokens of `authorization` (RFC 8693 section 4.1); None where nobody acts.

    Its `sub` is the identifier of the resource that acts. The ones before it are nested.
    """
    claim: dict[str, Any] | None = None
    for actor in reversed(authorization.actors.split()):
        claim = {"sub": actor, **({"act": claim} if claim is not None else {})}
    return claim
