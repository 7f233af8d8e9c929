"""The scopes of a protected resource, and the document that it publishes."""

from typing import Any

from accounts import scopes
from accounts.models import ProtectedResource


def scopes_of(resource: ProtectedResource) -> list[str]:
    """Return the scopes that the operator chose for `resource`, or else all."""
    return resource.scope.split() or scopes.names(of_resource_only=True)


def narrow(known: list[str], resource: ProtectedResource) -> list[str]:
    """Return those scopes of `known` that `resource` uses; all that it uses where none is left."""
    used = scopes_of(resource)
    kept = [name for name in known if name in used or not scopes.is_of_resource(name)]
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
