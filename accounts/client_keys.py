"""The public keys of a client: in its metadata, or at its `jwks_uri` (RFC 7591 section 2)."""

import time
from datetime import timedelta
from typing import Any

import jwt
from django.core.cache import cache

from accounts import events, fetching
from accounts.client_metadata import MOST_KEYS, PUBLIC_KEY_MEMBERS, MetadataRefused, refuse_blocked
from accounts.models import DOCUMENT_SERVES, Client, Consent, Event
from accounts.tokens import checksum

PURPOSE = "keys"
# An unknown key id makes us look again, but not more often than this.
REFETCH_SECONDS = 60
# As for the copy of a metadata document: for so long old keys serve while new ones cannot be fetched.
COPY_SERVES = DOCUMENT_SERVES


def key_set(client: Client, *, again: bool = False, asked_by: str) -> list[jwt.PyJWK]:
    """The keys that `client` publishes; with `again`, fetched anew where that was not just done.

    Raises fetching.FetchError where they cannot be had and there is no copy that serves.
    """
    if client.jwks:
        return usable(client.jwks)
    return usable(fetched_keys(client, again=again, asked_by=asked_by)) if client.jwks_uri else []


def fetched_keys(client: Client, *, again: bool = False, asked_by: str) -> dict[str, Any]:
    """The key set at the client's `jwks_uri`, kept for as long as it allows, and while it cannot be fetched anew."""
    name = f"accounts.client_keys.{checksum(client.jwks_uri)}"
    copy = cache.get(name)
    if copy is not None and not again and copy["fresh_until"] > time.time():
        return copy["keys"]
    if not may_ask(f"{name}.asked", again=again):
        return copy["keys"] if copy is not None else {"keys": []}
    try:
        fetched = fetch(client, asked_by=asked_by)
    except fetching.FetchError:
        if copy is None:
            raise
        return copy["keys"]
    keep(client, name, before=copy, fetched=fetched)
    return public_keys(fetched.document)


def may_ask(name: str, *, again: bool) -> bool:
    if again:
        return cache.add(name, True, REFETCH_SECONDS)
    cache.set(name, True, REFETCH_SECONDS)
    return True


def fetch(client: Client, *, asked_by: str) -> fetching.Fetched:
    """Fetch the keys. Raises FetchError, which was recorded and is backed off from."""
    if not Consent.objects.filter(client=client).exists():
        raise fetching.FetchError("No person has approved this client, so it has no code or token.")
    try:
        refuse_blocked([client.jwks_uri])
        fetched = fetching.fetch(client.jwks_uri, purpose=PURPOSE, asked_by=asked_by)
        refuse_useless(client, fetched)
    except (fetching.BackingOff, fetching.Busy):
        # Recorded when it failed; or it did not.
        raise
    except fetching.FetchError as error:
        record_refusal(client, str(error))
        raise
    except MetadataRefused as error:
        record_refusal(client, str(error))
        raise fetching.FetchError(str(error)) from error
    fetching.backoff.note_success(PURPOSE, client.jwks_uri)
    return fetched


def refuse_useless(client: Client, fetched: fetching.Fetched) -> None:
    """Raise FetchError, and back off, where no key can be used."""
    if not usable(public_keys(fetched.document)):
        useless = fetching.FetchError("The address of the client's keys holds no key that can be used here.")
        fetching.backoff.note_failure(PURPOSE, client.jwks_uri, useless)
        raise useless


def record_refusal(client: Client, detail: str) -> None:
    events.record(
        Event.Kind.REGISTRATION,
        action="keys",
        outcome=Event.Outcome.REFUSED,
        reason="keys_refused",
        detail=detail,
        client=client,
    )


def keep(client: Client, name: str, *, before: Any, fetched: fetching.Fetched) -> None:
    """Keep a copy, and tell the operator where keys changed behind an unchanged address.

    That is how a client rotates its keys, so it ends nobody's access: who controls the address vouches for them.
    """
    keys = public_keys(fetched.document)
    copy = {"keys": keys, "fresh_until": time.time() + fetched.max_age}
    cache.set(name, copy, timedelta.total_seconds(COPY_SERVES))
    if before is not None and before["keys"] != keys:
        new = sum(key not in before["keys"]["keys"] for key in keys["keys"])
        gone = sum(key not in keys["keys"] for key in before["keys"]["keys"])
        detail = f"The keys at its jwks_uri changed: {new} new, {gone} gone."
        events.record(Event.Kind.REGISTRATION, action="keys", client=client, detail=detail)


def public_keys(document: dict[str, Any]) -> dict[str, Any]:
    """The keys in `document`, reduced to what is public and we can use; the others are left out."""
    keys = document.get("keys")
    offered = keys[:MOST_KEYS] if isinstance(keys, list) else []
    reduced = [
        {name: key[name] for name in PUBLIC_KEY_MEMBERS if isinstance(key.get(name), str)}
        for key in offered
        if isinstance(key, dict)
    ]
    return {"keys": [key for key in reduced if parsed(key) is not None]}


def usable(document: dict[str, Any]) -> list[jwt.PyJWK]:
    return [key for each in document["keys"] if (key := parsed(each)) is not None]


def parsed(key: dict[str, Any]) -> jwt.PyJWK | None:
    try:
        return jwt.PyJWK.from_dict(key)
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, RecursionError):
        return None
