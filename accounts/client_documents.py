"""Client ID Metadata Documents: a client whose id is the https address of what it says of itself.

draft-ietf-oauth-client-id-metadata-document: the document is fetched (under the toolkit's guard
against server-side request forgery), narrowed as a registration would be, and written as a
Client row. A copy is kept: while the document cannot be fetched, it serves for a week.
"""

import logging
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http.request import validate_host
from django.utils import timezone
from oauth2_provider.cimd import CIMDError, SafeMetadataFetcher

from accounts import events, unused_clients
from accounts.client_metadata import MetadataRefused, as_fields, checked, refuse_blocked
from accounts.models import Client, Event
from accounts.tokens import checksum

logger = logging.getLogger(__name__)

LONGEST_CLIENT_ID = 255
# After a failure, for how long the same document is not asked for again.
BACKOFF_SECONDS = 60
# A flood of documents that hang must not take all threads of a process.
slots = BoundedSemaphore(4)


def keep_current(client_id: str) -> None:
    """Fetch the document that `client_id` names, on first sight or once its copy is stale, and write the Client.

    Never raises: what cannot be had leaves the row, or its absence, as it is. Does network I/O,
    so it must not be called inside a transaction.
    """
    if not is_document_url(client_id):
        return
    known = Client.objects.filter(client_id=client_id).first()
    if known is not None and not is_stale(known):
        return
    if may_be_fetched(client_id, known) and slots.acquire(blocking=False):
        try:
            fetch(client_id)
        finally:
            slots.release()


def fetch(client_id: str) -> None:
    """Fetch the document and write what it says; after a failure, not again for a while."""
    try:
        refuse_blocked([client_id])
        document, max_age = SafeMetadataFetcher().fetch(client_id)
        write(client_id, document, timedelta(seconds=max_age))
    except (CIMDError, MetadataRefused) as error:
        cache.set(backoff_key(client_id), True, BACKOFF_SECONDS)
        logger.warning("client document %r: %s", client_id, error)
        events.record(
            Event.Kind.REGISTRATION,
            action="document",
            outcome=Event.Outcome.REFUSED,
            reason="document_refused",
            detail=str(error),
            client_id=client_id,
        )


def is_document_url(client_id: str) -> bool:
    return client_id.startswith("https://") and len(client_id) <= LONGEST_CLIENT_ID


def is_stale(client: Client) -> bool:
    from_document = client.registration_source == Client.RegistrationSource.CIMD
    return from_document and (client.cimd_expires_at is None or client.cimd_expires_at <= timezone.now())


def may_be_fetched(client_id: str, known: Client | None) -> bool:
    """Whether the operator lets documents in at all, and from this host, and it did not just fail."""
    if known is None and settings.REGISTRATION == "closed":
        return False
    if cache.get(backoff_key(client_id)):
        return False
    try:
        host = urlsplit(client_id).hostname or ""
        host.encode("idna")
    except ValueError:
        return False
    return validate_host(host, settings.CLIENT_DOCUMENT_HOSTS)


def write(client_id: str, document: dict[str, Any], max_age: timedelta) -> None:
    """Make or update the Client of a fetched document. Raises MetadataRefused."""
    if document.get("client_id") != client_id:
        raise MetadataRefused("invalid_client_metadata", "client_id: The document names another client.")
    if "client_secret" in document:
        raise MetadataRefused("invalid_client_metadata", "client_secret: A public document cannot hold a secret.")
    now = timezone.now()
    fields = {
        **as_fields(checked({**document, "token_endpoint_auth_method": authentication_method(document)})),
        "cimd_expires_at": now + max_age,
        "document_fetched_at": now,
    }
    client, created = Client.objects.update_or_create(
        client_id=client_id,
        defaults=fields,
        create_defaults={
            **fields,
            "client_secret": "",
            "registration_source": Client.RegistrationSource.CIMD,
            "approved_at": None if settings.REGISTRATION == "reviewed" else now,
        },
    )
    if created:
        unused_clients.trim_if_due()
        events.record(Event.Kind.REGISTRATION, action="document", client=client)


def authentication_method(document: dict[str, Any]) -> str:
    """The method that we will ask of the client: none where it offers that, its key otherwise.

    Raises MetadataRefused where it offers neither: a shared secret cannot be agreed on here.
    """
    supported = document.get("token_endpoint_auth_methods_supported", [])
    preferred = document.get("token_endpoint_auth_method", Client.AuthMethod.NONE.value)
    offered = [preferred, *supported] if isinstance(supported, list) else [preferred]
    for method in (Client.AuthMethod.NONE.value, Client.AuthMethod.PRIVATE_KEY_JWT.value):
        if method in offered:
            return method
    raise MetadataRefused("invalid_client_metadata", "token_endpoint_auth_method: Offer none or private_key_jwt.")


def backoff_key(client_id: str) -> str:
    return f"accounts.client_documents.backoff.{checksum(client_id)}"
