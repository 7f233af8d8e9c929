"""The scopes of a protected resource, and the document that it publishes."""

from typing import Any

from accounts import scopes
from accounts.models import ProtectedResource


def scopes_of(resource: ProtectedResource) -> list[str]:
    """Return the scopes of `resource`: those that the operator chose, and its own; all of the server without either."""
    chosen = [*resource.scope.split(), *resource.described_scopes]
    return list(dict.fromkeys(chosen)) or scopes.names(of_resource_only=True)


def requested_of(resource: ProtectedResource, requested: list[str]) -> list[str]:
    """Return `requested` where it has a scope of `resource`, and else nothing."""
    return requested if set(requested) & set(scopes_of(resource)) else []


def narrow(requested: list[str], resource: ProtectedResource) -> list[str]:
    """Return those scopes of `requested` that `resource` uses, and those of the authorization server, in order.

    Where no scope of the resource is left, all that it uses are added.
    """
    used = scopes_of(resource)
    kept = [name for name in dict.fromkeys(requested) if name in used or scopes.is_of_server(name)]
    return kept if scopes.of_resource(kept) else [*used, *kept]


def document_of(resource: ProtectedResource, issuer: str) -> dict[str, Any]:
    """Return the metadata that the resource publishes (RFC 9728 section 2)."""
    return {
        "resource": resource.identifier,
        "resource_name": resource.name,
        "authorization_servers": [issuer],
        "scopes_supported": scopes_of(resource),
        "bearer_methods_supported": ["header"],
    }
