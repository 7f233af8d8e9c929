"""The operator's policy for each tool, resource and prompt, kept in the process while it is up to date.

Each request's token is read with the rules' revision: a process whose copy is of another reloads it, so that a
change counts from the very next request, whichever process it reaches, and costs nothing until then.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from accounts import rate_limits
from accounts.models import Revision
from accounts.resource_server.bearer import POLICY, Principal
from mcp_api.models import Policy
from mcp_api.registry.primitive import Primitive

Key = tuple[str, str]
ANSWERS_A_CALL = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """A Policy. `scopes` are those of the author where they are empty; `groups` are all where there are none."""

    id: int
    enabled: bool
    calls_per_minute: int | None
    keeps_arguments: bool
    scopes: tuple[str, ...]
    groups: frozenset[int]
    clients: frozenset[int]


_lock = threading.Lock()
_rules: dict[Key, Rule] = {}
_revision: int | None = None


def rule_of(primitive: Primitive, principal: Principal) -> Rule | None:
    """None where nothing was decided."""
    return up_to_date(principal.policy_revision).get((primitive.kind, primitive.key))


def scopes_of(primitive: Primitive, principal: Principal) -> tuple[str, ...]:
    """All that a token needs for it."""
    rule = rule_of(primitive, principal)
    return primitive.scopes if rule is None or not rule.scopes else rule.scopes


def admits(primitive: Primitive, principal: Principal) -> bool:
    """Whether the operator leaves it to this person, as they are now, and to this client."""
    rule = rule_of(primitive, principal)
    if rule is None:
        return True
    if not rule.enabled or principal.client.pk in rule.clients:
        return False
    return not rule.groups or not rule.groups.isdisjoint(groups_of(principal))


def count_call(primitive: Primitive, principal: Principal, *, goes_on: bool) -> None:
    """Count a call, or one that goes on with an answer, against what the operator allows each person in a minute.

    Raises RateLimitExceeded.
    """
    rule = rule_of(primitive, principal)
    if rule is None or rule.calls_per_minute is None:
        return
    key, at_most = f"{rule.id} person {principal.user.pk}", rule.calls_per_minute
    if goes_on:
        # Apart, so that whoever was asked can answer; but not without end, as an answer can be sent again.
        key, at_most = f"{key} answers", ANSWERS_A_CALL * at_most
    rate_limits.hit(rate_limits.Quota(primitive.kind, key, rate_limits.per_minute(at_most)))


def keeps_arguments(primitive: Primitive | None, principal: Principal) -> bool:
    """Whether the operator wants the trail to tell what it was called with."""
    rule = rule_of(primitive, principal) if primitive is not None else None
    return rule is not None and rule.keeps_arguments


def groups_of(principal: Principal) -> frozenset[int]:
    """The person's, by one query for each request that a rule about groups decides."""
    known: frozenset[int] | None = getattr(principal.user, "_policy_groups", None)
    if known is None:
        known = frozenset(principal.user.groups.values_list("pk", flat=True))
        principal.user._policy_groups = known  # type: ignore[attr-defined]
    return known


def current_revision() -> int:
    """Return the rules' revision in the database; 0 before they are first changed."""
    return Revision.objects.filter(name=POLICY).values_list("number", flat=True).first() or 0


def is_up_to_date(revision: int) -> bool:
    """Whether nothing has to be read."""
    return revision == _revision


def up_to_date(revision: int) -> dict[Key, Rule]:
    """All rules, as they are at `revision`: read again where the process has those of another."""
    global _rules, _revision
    if revision != _revision:
        # First, as in accounts/audit/writer.py: nobody may wait for a connection while others wait for the lock.
        connection.ensure_connection()
        with _lock:
            _rules, _revision = _load(), revision
    return _rules


def _load() -> dict[Key, Rule]:
    groups = _related(Policy.groups.through.objects.values_list("policy_id", "group_id"))
    clients = _related(Policy.clients.through.objects.values_list("policy_id", "client_id"))
    return {
        (policy.kind, policy.name): Rule(
            policy.pk,
            policy.enabled,
            policy.calls_per_minute,
            policy.keep_arguments,
            tuple(policy.scopes.split()),
            frozenset(groups[policy.pk]),
            frozenset(clients[policy.pk]),
        )
        for policy in Policy.objects.all()
    }


def _related(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for policy, related in pairs:
        found[policy].add(related)
    return found
