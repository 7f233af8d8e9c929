"""Vouching for a client: by the operator, by the host of its metadata document, or by nobody.

A client that registered itself (RFC 7591) chose its name, its addresses and its secret alone: none of them says who it
is. Its consents are not remembered, and an error does not redirect a browser to it without a page before.
"""

from accounts.clients import redirect_uris
from accounts.models import Client


def is_vouched(client: Client) -> bool:
    """Whether the operator, or the host of its metadata document, vouches for every address of `client`."""
    return by_operator(client) or by_document(client)


def by_operator(client: Client) -> bool:
    """Whether a person made `client` in admin, or approved it there as it is now."""
    return client.registration_source == Client.RegistrationSource.MANUAL or is_approved(client)


def is_approved(client: Client) -> bool:
    """Whether the operator approved `client`, and what they judged it by is unchanged.

    `approved_at` does not say so: with REGISTRATION=open it is set without anybody's decision.
    """
    return client.vouched_fingerprint == client.fingerprint


def by_document(client: Client) -> bool:
    """Whether `client` has a metadata document on whose own origin all of its redirect URIs are, by https.

    Another port of the host may belong to somebody else.

    One address elsewhere is enough for no: a document is public, so anybody can write an address of somebody else's
    into theirs.
    """
    origin = client.document_origin
    return origin != "" and all(redirect_uris.origin_of(uri) == origin for uri in client.redirect_uris.split())


def may_be_remembered(client: Client, redirect_uri: str) -> bool:
    """Whether a consent that was shown for `redirect_uri` may be honoured again without asking.

    Never on the person's own device: any program there can listen on a loopback port, and any app can claim a
    private-use scheme (RFC 8252 sections 8.4 and 8.6).
    """
    return redirect_uris.is_remote(redirect_uri) and is_vouched(client)
