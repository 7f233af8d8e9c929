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
    """Raise InsufficientScope, with all required scopes, if the token lacks one of them."""
    if needed := missing_scopes(call.principal, primitive):
        raise InsufficientScope(needed)


def quotas_of(principal: Principal, address: str | None) -> list[Quota]:
    """Return the quotas of all requests of a person and client from `address`."""
    network = network_of(address)
    return quotas(calls_person=principal.user.pk, calls_client=principal.client.pk, calls_address=network)


def count_call(call: Call, primitive: Primitive | None) -> None:
    """Count a call against the operator's limit, if there is one. Raises TooMany."""
    if is_open_to(call.principal, primitive) and primitive is not None:
        try:
            policy.count_call(primitive, call.principal, goes_on=call.goes_on)
        except RateLimitExceeded as exceeded:
            raise TooMany(exceeded) from exceeded


def asks_database(principal: Principal, primitive: Primitive | None) -> bool:
    """Return whether the decision about a call takes a query, of the database or Redis."""
    if primitive is None:
        return False
    if not policy.is_up_to_date(principal.policy_revision):
        return True
    toolset = policy.toolset_of(principal) if principal.endpoint else None
    if toolset is not None and toolset.groups:
        return True
    rule = policy.rule_of(primitive, principal)
    if rule is not None and (rule.groups or rule.calls_per_minute is not None):
        return True
    return bool(primitive.permissions)


def is_open_to(principal: Principal, primitive: Primitive | None) -> bool:
    """Return whether this person and client may use the primitive, given the scopes. If not, it is unknown to them.

    Permissions and groups are read from the database, and only if a rule requires one.
    """
    if primitive is None or not policy.allows(primitive, principal):
        return False
    return can_be_granted(policy.scopes_of(primitive, principal)) and principal.user.has_perms(primitive.permissions)


def may_use(principal: Principal, primitive: Primitive | None) -> bool:
    """Return whether the principal may use the primitive with its scopes."""
    return is_open_to(principal, primitive) and not missing_scopes(principal, primitive)


def missing_scopes(principal: Principal, primitive: Primitive | None) -> tuple[str, ...]:
    """Return all scopes that the primitive requires, if the principal lacks one of them."""
    needed = policy.scopes_of(primitive, principal) if primitive is not None else ()
    return () if principal.scopes.issuperset(needed) else needed


def can_be_granted(needed: tuple[str, ...]) -> bool:
    """Return whether a person can grant these scopes. A rule may name one of an app that is no longer installed."""
    return all(scopes.is_of_resource(name) for name in needed)
