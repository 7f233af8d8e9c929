"""Access of a principal to tools, resources and prompts: by policy, permissions and scopes."""

from accounts import scopes
from accounts.http.address import network_of
from accounts.rate_limits import Quota, RateLimitExceeded, quotas
from accounts.resource_server.bearer import Principal
from mcp_api.calls.call import Call
from mcp_api.errors import InsufficientScope, TooMany
from mcp_api.policy import rules as policy
from mcp_api.registry.primitive import Primitive


def require_scopes(call: Call, primitive: Primitive) -> None:
    """Raise InsufficientScope, with all that is needed, unless the token has it."""
    if needed := missing_scopes(call.principal, primitive):
        raise InsufficientScope(needed)


def quotas_of(principal: Principal, address: str | None) -> list[Quota]:
    """What limits a person's requests from `address`, whatever they ask for."""
    network = network_of(address)
    return quotas(calls_person=principal.user.pk, calls_client=principal.client.pk, calls_address=network)


def count_call(call: Call, primitive: Primitive | None) -> None:
    """Count a call that has just come, where the operator limits them. Raises TooMany."""
    if is_open_to(call.principal, primitive) and primitive is not None:
        try:
            policy.count_call(primitive, call.principal, goes_on=call.goes_on)
        except RateLimitExceeded as exceeded:
            raise TooMany(exceeded) from exceeded


def asks_database(principal: Principal, primitive: Primitive | None) -> bool:
    """Whether it takes the database, or Redis, to say if the person may use it, and may do so now."""
    if primitive is None:
        return False
    if not policy.is_up_to_date(principal.policy_revision):
        return True
    rule = policy.rule_of(primitive, principal)
    if rule is not None and (rule.groups or rule.calls_per_minute is not None):
        return True
    return bool(primitive.permissions)


def is_open_to(principal: Principal, primitive: Primitive | None) -> bool:
    """Whether there is such a thing for this person and client. What is forbidden is as good as unknown: no consent
    opens it.

    Permissions and groups are read from the database, as they are now, and only where a rule asks for one.
    """
    if primitive is None or not policy.admits(primitive, principal):
        return False
    return can_be_granted(policy.scopes_of(primitive, principal)) and principal.user.has_perms(primitive.permissions)


def may_use(principal: Principal, primitive: Primitive | None) -> bool:
    """Return whether the person may use it with the scopes that the principal has."""
    return is_open_to(principal, primitive) and not missing_scopes(principal, primitive)


def missing_scopes(principal: Principal, primitive: Primitive | None) -> tuple[str, ...]:
    """Return all scopes that it needs, if the principal lacks one of them."""
    needed = policy.scopes_of(primitive, principal) if primitive is not None else ()
    return () if principal.scopes.issuperset(needed) else needed


def can_be_granted(needed: tuple[str, ...]) -> bool:
    """Whether a person could grant them: none does where a rule names a scope of an app that is gone."""
    return all(scopes.is_of_resource(name) for name in needed)
