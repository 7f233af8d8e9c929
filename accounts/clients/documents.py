"""Client ID Metadata Documents: clients whose client_id is the https URL of their metadata.

draft-ietf-oauth-client-id-metadata-document: the document is fetched (accounts/fetching/), narrowed like a
registration, and stored as a Client row. While the document cannot be fetched again, the row is used for a week.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http.request import validate_host
from django.utils import timezone

from accounts import fetching
from accounts.audit import events
from accounts.clients import changes as client_changes
from accounts.clients import redirect_uris
from accounts.clients import unused as unused_clients
from accounts.clients.identity.review import hold_for_review
from accounts.clients.metadata.validation import MetadataRefused, checked, refuse_blocked
from accounts.clients.narrowing import without_nulls
from accounts.conf import conf
from accounts.db.errors import UNAVAILABLE
from accounts.http import web_address
from accounts.models import Client, Event

logger = logging.getLogger(__name__)

LONGEST_CLIENT_ID = 255
PURPOSE = "document"


def fetch_if_stale(client_id: str, *, requester: str) -> None:
    """Fetch the document at `client_id`, if it is a URL and the Client is unknown or stale, and write the Client.

    A failed fetch changes no row. `requester` identifies the caller whose concurrent fetches are limited. Raises
    fetching.Unavailable where there is no valid copy and a later fetch may succeed. Does network I/O, so it must not be
    called inside a transaction.
    """
    known = find(client_id)
    if not should_fetch(client_id, known):
        return
    try:
        refresh(client_id, requester=requester)
    except fetching.Unavailable:
        if known is None or known.is_document_expired:
            raise
    except fetching.FetchError:
        # The copy is used, if there is one.
        return


def fetch_known_if_stale(client_id: str, *, requester: str) -> None:
    """Do the same for a known client, and nothing for an unknown one.

    A code or token belongs to a known client, so the token endpoint never fetches the address of an unknown one.
    """
    if is_document_url(client_id) and find(client_id) is not None:
        fetch_if_stale(client_id, requester=requester)


def needs_fetch(client_id: str) -> bool:
    """Return whether `client_id` cannot be used without a fetch: it is unknown, or its copy has expired."""
    known = find(client_id)
    return (known is None or known.is_document_expired) and should_fetch(client_id, known)


def find(client_id: str) -> Client | None:
    return Client.objects.filter(client_id=client_id).first() if is_document_url(client_id) else None


def is_document_url(client_id: str) -> bool:
    """Return whether `client_id` may be the URL of a document: https, in the form in which browsers write it.

    So each document has exactly one client_id, whose host can be blocked.
    """
    is_short = len(client_id) <= LONGEST_CLIENT_ID
    return is_short and client_id.startswith("https://") and web_address.is_canonical(client_id)


def should_fetch(client_id: str, known: Client | None) -> bool:
    """Return whether to fetch the document now: it is unknown or stale, and the operator allows its host."""
    if not is_document_url(client_id) or (known is None and conf.REGISTRATION == "closed"):
        return False
    if known is not None and (known.suspended_at is not None or not is_stale(known)):
        return False
    return validate_host(redirect_uris.host_of(client_id), conf.CLIENT_DOCUMENT_HOSTS)


def is_stale(client: Client) -> bool:
    from_document = client.registration_source == Client.RegistrationSource.CIMD
    return from_document and (client.cimd_expires_at is None or client.cimd_expires_at <= timezone.now())


def refresh(client_id: str, *, requester: str) -> None:
    """Fetch the document and write the Client. Raises FetchError, after recording an event and starting a backoff."""
    try:
        refuse_blocked([client_id])
        fetched = fetching.fetch(client_id, purpose=PURPOSE, requester=requester)
        write_or_back_off(client_id, fetched)
    except (fetching.BackingOff, fetching.Busy):
        # The failure that started the backoff was recorded; a busy server is not the document's failure.
        raise
    except fetching.FetchError as error:
        record_refusal(client_id, str(error))
        raise
    except MetadataRefused as error:
        record_refusal(client_id, str(error))
        raise fetching.FetchError(str(error)) from error


def write_or_back_off(client_id: str, fetched: fetching.Fetched) -> None:
    """Write the Client of a fetched document. Raises FetchError, and starts a backoff, where it is not valid."""
    try:
        write(client_id, fetched.document, timedelta(seconds=fetched.max_age))
    except UNAVAILABLE:
        raise
    except Exception as error:
        # The document is untrusted input: an unexpected error is a refusal, too.
        if not isinstance(error, MetadataRefused):
            logger.exception("client document %r cannot be read", client_id)
        reason = str(error) if isinstance(error, MetadataRefused) else f"It cannot be read: {type(error).__name__}."
        refused = fetching.FetchError(reason)
        fetching.backoff.note_failure(PURPOSE, client_id, refused)
        raise refused from error
    fetching.backoff.note_success(PURPOSE, client_id)


def record_refusal(client_id: str, detail: str) -> None:
    logger.warning("client document %r: %s", client_id, detail)
    events.record(
        Event.Kind.REGISTRATION,
        action="document",
        outcome=Event.Outcome.REFUSED,
        reason="document_refused",
        detail=detail,
        client_id=client_id,
    )


def write(client_id: str, document: dict[str, Any], max_age: timedelta) -> None:
    """Create or update the Client of a fetched document. Raises MetadataRefused."""
    document = without_nulls(document)
    if document.get("client_id") != client_id:
        raise MetadataRefused("invalid_client_metadata", "client_id: The document names another client_id.")
    if "client_secret" in document:
        raise MetadataRefused("invalid_client_metadata", "client_secret: A public document cannot hold a secret.")
    now = timezone.now()
    metadata = checked({**document, "token_endpoint_auth_method": authentication_method(document)})
    fields = {
        **metadata.fields,
        "cimd_expires_at": now + max_age,
        "document_fetched_at": now,
    }
    held = hold_for_review(new := Client(client_id=client_id, approved_at=now, **metadata.fields))
    with transaction.atomic():
        client, created = Client.objects.select_for_update().get_or_create(
            client_id=client_id,
            defaults={
                **fields,
                "client_secret": "",
                "registration_source": Client.RegistrationSource.CIMD,
                "approved_at": new.approved_at,
            },
        )
        if created:
            unused_clients.trim_if_due()
            events.record(
                Event.Kind.REGISTRATION, action="document", client=client, detail=f"{held} {metadata.narrowed}".strip()
            )
        elif client.registration_source == Client.RegistrationSource.CIMD:
            client_changes.apply(client, fields, note=metadata.narrowed)


def authentication_method(document: dict[str, Any]) -> str:
    """Return the authentication method for the client: `none` where it supports that, otherwise `private_key_jwt`.

    Raises MetadataRefused where it supports neither: a public document cannot establish a shared secret.
    """
    supported = document.get("token_endpoint_auth_methods_supported", [])
    preferred = document.get("token_endpoint_auth_method", Client.AuthMethod.NONE.value)
    supported_methods = [preferred, *supported] if isinstance(supported, list) else [preferred]
    for method in (Client.AuthMethod.NONE.value, Client.AuthMethod.PRIVATE_KEY_JWT.value):
        if method in supported_methods:
            return method
    raise MetadataRefused("invalid_client_metadata", "token_endpoint_auth_method: Offer none or private_key_jwt.")
