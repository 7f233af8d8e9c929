"""The public keys of a client: in its metadata, or at its `jwks_uri` (RFC 7591 section 2)."""

import time
from datetime import timedelta
from typing import Any

from django.core.cache import cache

from accounts import fetching
from accounts.audit import events
from accounts.client_credentials.service_access import access_of
from accounts.clients.metadata.validation import MetadataRefused, refuse_blocked
from accounts.clients.public_keys import public_keys
from accounts.crypto.token_values import checksum
from accounts.models import DOCUMENT_COPY_LIFETIME, Client, Consent, Event

PURPOSE = "keys"
# An unknown key id causes another fetch, but not more often than this.
REFETCH_SECONDS = 60
# While keys cannot be fetched again, a copy is used for as long as that of a metadata document.
COPY_LIFETIME = DOCUMENT_COPY_LIFETIME


def key_set(client: Client, *, refetch: bool = False, requester: str) -> dict[str, Any]:
    """Return the key set of `client`; with `refetch`, fetched again unless that was done within REFETCH_SECONDS.

    Raises fetching.FetchError where they cannot be fetched and there is no copy.
    """
    if client.jwks:
        return client.jwks
    return fetched_keys(client, refetch=refetch, requester=requester) if client.jwks_uri else {"keys": []}


def fetched_keys(client: Client, *, refetch: bool = False, requester: str) -> dict[str, Any]:
    """Return the key set at the client's `jwks_uri`, or a copy while it is fresh or a new fetch fails."""
    name = f"accounts.client_keys.{checksum(client.jwks_uri)}"
    copy = cache.get(name)
    if copy is not None and not refetch and copy["fresh_until"] > time.time():
        return copy["keys"]
    try:
        fetched = fetch(client, refetch=refetch, requester=requester)
    except fetching.FetchError:
        if copy is None:
            raise
        return copy["keys"]
    store_copy(client, name, before=copy, fetched=fetched)
    return public_keys(fetched.document)


def fetch(client: Client, *, refetch: bool, requester: str) -> fetching.Fetched:
    """Fetch the keys. Raises FetchError, after recording an event and starting a backoff."""
    if not (Consent.objects.filter(client=client).exists() or access_of(client) is not None):
        raise fetching.FetchError("No person has approved this client, and it has no service access.")
    try:
        refuse_blocked([client.jwks_uri])
        fetched = fetch_once(client, refetch=refetch, requester=requester)
        refuse_unusable(client, fetched)
    except (fetching.BackingOff, fetching.Busy):
        # The failure that started the backoff was recorded; a busy server is not the address's failure.
        raise
    except fetching.FetchError as error:
        record_refusal(client, str(error))
        raise
    except MetadataRefused as error:
        record_refusal(client, str(error))
        raise fetching.FetchError(str(error)) from error
    fetching.backoff.note_success(PURPOSE, client.jwks_uri)
    return fetched


def fetch_once(client: Client, *, refetch: bool, requester: str) -> fetching.Fetched:
    """Fetch the keys; with `refetch`, raise BackingOff within REFETCH_SECONDS of the last fetch for this client.

    The mark belongs to the client, not to the `jwks_uri`, since anybody can register a client with the `jwks_uri` of
    another. It is set just before a fetch, and removed where no slot was free.
    """
    fetching.backoff.check(PURPOSE, client.jwks_uri)
    mark = fetch_mark(client)
    if not cache.add(mark, True, REFETCH_SECONDS) and refetch:
        raise fetching.BackingOff("The keys were fetched a short while ago and do not hold this one.")
    try:
        return fetching.fetch(client.jwks_uri, purpose=PURPOSE, requester=requester)
    except fetching.Busy:
        cache.delete(mark)
        raise


def fetch_mark(client: Client) -> str:
    """Return the cache key that marks a recent fetch of keys for `client`."""
    return f"accounts.client_keys.{checksum(client.jwks_uri)}.asked.{client.pk}"


def refuse_unusable(client: Client, fetched: fetching.Fetched) -> None:
    """Raise FetchError, and start a backoff, where no key can be used."""
    if not public_keys(fetched.document)["keys"]:
        error = fetching.FetchError("The client's jwks_uri has no key that this server can use.")
        fetching.backoff.note_failure(PURPOSE, client.jwks_uri, error)
        raise error


def record_refusal(client: Client, detail: str) -> None:
    events.record(
        Event.Kind.REGISTRATION,
        action="keys",
        outcome=Event.Outcome.REFUSED,
        reason="keys_refused",
        detail=detail,
        client=client,
    )


def store_copy(client: Client, name: str, *, before: Any, fetched: fetching.Fetched) -> None:
    """Store a copy, and record an event where the keys at the address changed.

    Clients rotate their keys in this way, so it revokes nothing: the owner of the address vouches for them.
    """
    keys = public_keys(fetched.document)
    copy = {"keys": keys, "fresh_until": time.time() + fetched.max_age}
    cache.set(name, copy, timedelta.total_seconds(COPY_LIFETIME))
    if before is not None and before["keys"] != keys:
        new = sum(key not in before["keys"]["keys"] for key in keys["keys"])
        removed = sum(key not in keys["keys"] for key in before["keys"]["keys"])
        detail = f"The keys at its jwks_uri changed: {new} new, {removed} removed."
        events.record(Event.Kind.REGISTRATION, action="keys", client=client, detail=detail)
