"""Changes to the metadata of a client that a person or the operator may have approved already."""

from collections.abc import Mapping
from typing import Any

from accounts.audit import events
from accounts.clients import redirect_uris
from accounts.clients.identity.review import looks_suspended
from accounts.conf import conf
from accounts.models import Client, Event

# The fields whose changes are recorded. All but the logo, which no page shows, are in the fingerprint that is reviewed.
RECORDED = ("name", "client_uri", "redirect_uris", "token_endpoint_auth_method", "jwks_uri", "jwks", "logo_uri")
ADDRESSES = frozenset({"client_uri", "redirect_uris", "jwks_uri", "logo_uri"})
MOST_HOSTS = 5


def apply(client: Client, fields: Mapping[str, Any], *, note: str = "") -> None:
    """Write `fields` to `client`, whose row the caller has locked, and record what changed, with `note` after it.

    A client whose fingerprint changed has to be reviewed again, unless REGISTRATION is `open` and it does not look like
    a suspended client now. Until then it gets no tokens, and its existing ones are refused.
    """
    before, was = {name: getattr(client, name) for name in RECORDED}, client.fingerprint
    for name, value in fields.items():
        setattr(client, name, value)
    changed = [name for name in RECORDED if before[name] != getattr(client, name)]
    needs_review = client.fingerprint != was and (conf.REGISTRATION != "open" or looks_suspended(client))
    if needs_review:
        client.approved_at = None
    client.save(update_fields=[*fields, "client_type", "approved_at", "updated"])
    if changed:
        changes = "; ".join(describe(name, before[name], getattr(client, name)) for name in changed)
        detail = f"Waits for a review: {changes}" if needs_review else changes
        events.record(Event.Kind.REGISTRATION, action="changed", client=client, detail=f"{detail}. {note}".rstrip())


def describe(name: str, before: Any, after: Any) -> str:
    """Describe the change of a field. An address is shown as its hosts only, since clients choose the values."""
    if name not in ADDRESSES:
        return f"{name} changed"
    return f"{name} changed: {hosts(before)} → {hosts(after)}"


def hosts(addresses: str) -> str:
    found = sorted({redirect_uris.host_of(address) or f"{address.split(':', 1)[0]}:" for address in addresses.split()})
    shown = [host[:60] for host in found[:MOST_HOSTS]]
    more = len(found) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more else [])]) or "none"
