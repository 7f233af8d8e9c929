"""The public keys of a client: in its metadata, or at its `jwks_uri` (RFC 7591 section 2)."""

from dataclasses import dataclass
from typing import Any

from accounts import fetching
from accounts.audit import events
from accounts.client_credentials.service_access import access_of
from accounts.clients.metadata.validation import MetadataRefused, refuse_blocked
from accounts.key_sets.fetched import FetchedKeySet
from accounts.models import Client, Consent, Event


@dataclass(frozen=True, slots=True)
class ClientKeySet(FetchedKeySet):
    """The key set at the `jwks_uri` of `client`."""

    client: Client

    def check_owner(self) -> None:
        if self.client.suspended_at is not None:
            raise fetching.FetchError("The operator has suspended this client.")
        is_approved = Consent.objects.filter(client=self.client).exists()
        if not (is_approved or access_of(self.client) is not None or self.client.trusted_issuers.exists()):
            raise fetching.FetchError("No person has approved this client, and the operator gave it no other grant.")

    def check_address(self) -> None:
        try:
            refuse_blocked([self.address])
        except MetadataRefused as error:
            raise fetching.FetchError(str(error)) from error

    def record_refusal(self, detail: str) -> None:
        events.record(
            Event.Kind.REGISTRATION,
            action="keys",
            outcome=Event.Outcome.REFUSED,
            reason="keys_refused",
            detail=detail,
            client=self.client,
        )

    def record_change(self, detail: str) -> None:
        detail = f"The keys at its jwks_uri changed: {detail}"
        events.record(Event.Kind.REGISTRATION, action="keys", client=self.client, detail=detail)


def key_set(client: Client, *, refetch: bool = False, requester: str) -> dict[str, Any]:
    """Return the key set of `client`; with `refetch`, fetched again unless that was done a short while ago.

    Raises fetching.FetchError where they cannot be fetched and there is no copy.
    """
    if client.jwks:
        return client.jwks
    return fetched_by(client).get(refetch=refetch, requester=requester) if client.jwks_uri else {"keys": []}


def fetched_by(client: Client) -> ClientKeySet:
    """Return the key set at the client's `jwks_uri`."""
    return ClientKeySet(client.jwks_uri, str(client.pk), "client_keys", "The client's jwks_uri", client)
