"""How a client proves itself at the token and revocation endpoints (RFC 6749 section 2.3)."""

import base64
import binascii
from typing import NamedTuple
from urllib.parse import unquote_plus

from django.contrib.auth.hashers import check_password
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from accounts.models import Client


class Credentials(NamedTuple):
    client_id: str
    client_secret: str


def presented(request: Request) -> Credentials:
    """The credentials in an oauthlib request, from the Authorization header or else from the body.

    Raises InvalidClientError where the header cannot be read or disagrees with the body.
    """
    in_body = Credentials(request.client_id or "", request.client_secret or "")
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return in_body
    in_header = _decode_basic(value)
    if in_body.client_id not in ("", in_header.client_id):
        raise InvalidClientError(description="The Authorization header and the body name different clients.")
    return in_header


def verify(client: Client, credentials: Credentials) -> None:
    """Raise InvalidClientError unless `credentials` prove to be `client`, by the method it is registered with.

    A client with a secret may send it in the header or in the body, whichever it registered:
    the secret is what counts. One without a secret proves itself by PKCE alone.
    """
    if client.is_public:
        return
    if not credentials.client_secret:
        raise InvalidClientError(description="This client must authenticate with its client_secret.")
    if not client.client_secret or not check_password(credentials.client_secret, client.client_secret):
        raise InvalidClientError(description="The client_secret is wrong.")


def _decode_basic(value: str) -> Credentials:
    # RFC 6749 section 2.3.1: both halves are form-encoded first, then joined and encoded in base64.
    try:
        decoded = base64.b64decode(value.strip().encode("ascii"), validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidClientError(description="The Basic credentials cannot be decoded.") from error
    client_id, colon, client_secret = decoded.partition(":")
    if not colon or "\x00" in decoded:
        raise InvalidClientError(description="The Basic credentials are not client_id:client_secret.")
    return Credentials(unquote_plus(client_id), unquote_plus(client_secret))
