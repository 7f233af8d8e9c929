"""The public keys of a client: in its metadata, or at its `jwks_uri` (RFC 7591 section 2)."""

import time
from datetime import timedelta
from typing import Any

import jwt
from django.core.cache import cache

from accounts import fetching
from accounts.audit import events
from accounts.clients.metadata import MetadataRefused, refuse_blocked
from accounts.clients.public_keys import public_keys, usable
from accounts.crypto.token_values import checksum
from accounts.models import DOCUMENT_SERVES, Client, Consent, Event

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
    try:
        fetched = fetch(client, again=again, asked_by=asked_by)
    except fetching.FetchError:
        if copy is None:
            raise
        return copy["keys"]
    keep(client, name, before=copy, fetched=fetched)
    return public_keys(fetched.document)


def fetch(client: Client, *, again: bool, asked_by: str) -> fetching.Fetched:
    """Fetch the keys. Raises FetchError, which was recorded and is backed off from."""
    if not Consent.objects.filter(client=client).exists():
        raise fetching.FetchError("No person has approved this client, so it has no code or token.")
    try:
        refuse_blocked([client.jwks_uri])
        fetched = fetch_once(client, again=again, asked_by=asked_by)
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


def fetch_once(client: Client, *, again: bool, asked_by: str) -> fetching.Fetched:
    """Fetch the keys; with `again`, not soon after the last fetch for this client, which raises BackingOff.

    Anybody can register a client with the `jwks_uri` of another, so the mark is the client's own. It is set only by
    a request that is about to fetch, and taken back where no slot was free.
    """
    fetching.backoff.check(PURPOSE, client.jwks_uri)
    mark = fetch_mark(client)
    if not cache.add(mark, True, REFETCH_SECONDS) and again:
        raise fetching.BackingOff("The keys were fetched a short while ago and do not hold this one.")
    try:
        return fetching.fetch(client.jwks_uri, purpose=PURPOSE, asked_by=asked_by)
    except fetching.Busy:
        cache.delete(mark)
        raise


def fetch_mark(client: Client) -> str:
    """The name in the cache that says that keys were fetched for `client` a short while ago."""
    return f"accounts.client_keys.{checksum(client.jwks_uri)}.asked.{client.pk}"


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
