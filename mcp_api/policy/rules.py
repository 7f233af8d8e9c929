"""The operator's policy for each tool, resource and prompt, cached in each process.

The query of each request's token also reads the rules' revision. A process reloads its copy if the revision differs, so
that a change applies from the next request on, in every process.
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
ANSWERS_PER_CALL = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of Policy. Empty `scopes` stand for those of the author, empty `groups` for all people.

    `audience` is one of Policy.Audience.
    """

    id: int
    enabled: bool
    calls_per_minute: int | None
    keeps_arguments: bool
    scopes: tuple[str, ...]
    groups: frozenset[int]
    clients: frozenset[int]
    audience: str

    def is_for(self, principal: Principal) -> bool:
        """Return whether the rule allows the kind of person: a person, or a service person, which is a machine."""
        return self.audience in ("", Policy.Audience.SERVICE if principal.is_service else Policy.Audience.PEOPLE)


_lock = threading.Lock()
_rules: dict[Key, Rule] = {}
_revision: int | None = None


def rule_of(primitive: Primitive, principal: Principal) -> Rule | None:
    """Return the rule of a primitive; None if the operator has not set one."""
    ruled = primitive.ruled_by
    return up_to_date(principal.policy_revision).get((ruled.kind, ruled.key))


def scopes_of(primitive: Primitive, principal: Principal) -> tuple[str, ...]:
    """Return the scopes that a token needs for the primitive."""
    rule = rule_of(primitive, principal)
    return primitive.scopes if rule is None or not rule.scopes else rule.scopes


def allows(primitive: Primitive, principal: Principal) -> bool:
    """Return whether the operator's rule allows the primitive to this person and client."""
    rule = rule_of(primitive, principal)
    if rule is None:
        return True
    if not rule.enabled or principal.client.pk in rule.clients or not rule.is_for(principal):
        return False
    return not rule.groups or not rule.groups.isdisjoint(groups_of(principal))


def count_call(primitive: Primitive, principal: Principal, *, goes_on: bool) -> None:
    """Count a call against the operator's limit for each person and minute. Raises RateLimitExceeded.

    With `goes_on`, it is a call that continues with an answer.
    """
    rule = rule_of(primitive, principal)
    if rule is None or rule.calls_per_minute is None:
        return
    key, at_most = f"{rule.id} person {principal.user.pk}", rule.calls_per_minute
    if goes_on:
        # Answers have a limit of their own: a call that asked can continue, but an answer cannot be sent without end.
        key, at_most = f"{key} answers", ANSWERS_PER_CALL * at_most
    rate_limits.hit(rate_limits.Quota(primitive.kind, key, rate_limits.per_minute(at_most)))


def keeps_arguments(primitive: Primitive | None, principal: Principal) -> bool:
    """Return whether the arguments of its calls are kept in the audit log."""
    rule = rule_of(primitive, principal) if primitive is not None else None
    return rule is not None and rule.keeps_arguments


def groups_of(principal: Principal) -> frozenset[int]:
    """Return the person's groups, by one query for each request with a rule about groups."""
    known: frozenset[int] | None = getattr(principal.user, "_policy_groups", None)
    if known is None:
        known = frozenset(principal.user.groups.values_list("pk", flat=True))
        principal.user._policy_groups = known  # type: ignore[attr-defined]
    return known


def current_revision() -> int:
    """Return the rules' revision in the database; 0 before they are first changed."""
    return Revision.objects.filter(name=POLICY).values_list("number", flat=True).first() or 0


def is_up_to_date(revision: int) -> bool:
    """Return whether the cached rules have this revision."""
    return revision == _revision


def up_to_date(revision: int) -> dict[Key, Rule]:
    """Return all rules at `revision`. They are reloaded if the cached ones have another."""
    global _rules, _revision
    if revision != _revision:
        # Before the lock, as in accounts/audit/writer.py: no thread may hold it while it waits for a connection.
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
            policy.audience,
        )
        for policy in Policy.objects.all()
    }


def _related(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for policy, related in pairs:
        found[policy].add(related)
    return found
