"""Trust in a client: the operator may vouch for it, or the host of its metadata document.

A client that registered itself (RFC 7591) chose its name, addresses and secret, none of which proves its identity. Its
consents are not remembered, and an error is shown on a page before the browser is sent to it.
"""

from accounts.clients import redirect_uris
from accounts.models import Client


def is_vouched(client: Client) -> bool:
    """Return whether the operator, or the host of its metadata document, vouches for every address of `client`."""
    return by_operator(client) or by_document(client)


def by_operator(client: Client) -> bool:
    """Return whether the operator created `client` in admin, or approved it in its present form."""
    return client.registration_source == Client.RegistrationSource.MANUAL or is_approved(client)


def is_approved(client: Client) -> bool:
    """Return whether the operator approved `client`, and its fingerprint is unchanged since.

    `approved_at` is no evidence of that: with REGISTRATION=open it is set without a decision.
    """
    return client.vouched_fingerprint == client.fingerprint


def by_document(client: Client) -> bool:
    """Return whether all redirect URIs of `client` are https, on the origin of its metadata document.

    Another port of the host may belong to another party. A single redirect URI on another origin makes the result
    False, because anybody can publish a document with an address of another party.
    """
    origin = client.document_origin
    return origin != "" and all(redirect_uris.origin_of(uri) == origin for uri in client.redirect_uris.split())


def may_be_remembered(client: Client, redirect_uri: str) -> bool:
    """Return whether a consent that was given for `redirect_uri` may be remembered.

    Never for an address on the person's own device: any program there can listen on a loopback port, and any app can
    claim a private-use scheme (RFC 8252 sections 8.4 and 8.6).
    """
    return redirect_uris.is_remote(redirect_uri) and is_vouched(client)
