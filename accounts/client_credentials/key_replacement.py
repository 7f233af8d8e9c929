"""Replacement of the public keys of a client that an operator made."""

from typing import Any

from accounts.client_credentials.keys import fetched_by
from accounts.clients.public_keys import public_keys
from accounts.clients.redirect_uris import host_of
from accounts.models import Client

# The members of a JSON Web Key that only its owner may have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4; RFC 8037).
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def may_replace(client: Client) -> bool:
    """Return whether an operator may replace the keys of `client`: another one changes its own metadata."""
    return client.registration_source == Client.RegistrationSource.MANUAL and bool(client.jwks_uri or client.jwks)


def known_keys(client: Client) -> list[dict[str, str]]:
    """Return the public keys of `client`: those that are stored, or else the copy of those at its `jwks_uri`."""
    stored = client.jwks or (fetched_by(client).copied() if client.jwks_uri else {})
    return public_keys(stored)["keys"]


def has_private_part(document: Any) -> bool:
    """Return whether `document`, which is a key or a key set, has a private part of a key."""
    keys = document.get("keys") if isinstance(document, dict) else None
    listed = [document, *(keys if isinstance(keys, list) else [])]
    return any(isinstance(key, dict) and not PRIVATE_MEMBERS.isdisjoint(key) for key in listed)


def replace(client: Client, *, jwks: dict[str, Any] | None, jwks_uri: str) -> str:
    """Store one of `jwks` and `jwks_uri` in `client`, whose row the caller has locked. Returns what changed.

    A former key is refused from now on, unless it is among the new ones.
    """
    before = known_keys(client)
    client.jwks, client.jwks_uri = jwks or None, jwks_uri
    client.save(update_fields=["jwks", "jwks_uri", "updated"])
    if jwks_uri:
        return f"Replaced the keys by those at {host_of(jwks_uri)}."
    after = known_keys(client)
    new, removed = sum(key not in before for key in after), sum(key not in after for key in before)
    return f"Replaced the keys: {new} new, {removed} removed, {len(after) - new} kept."
