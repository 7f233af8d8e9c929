"""HTTP Basic (RFC 7617) with the ID and the secret of an OAuth client, or of a protected resource."""

import base64
from urllib.parse import unquote_plus


def read(authorization: str) -> tuple[str, str] | None:
    """Return the ID and the secret in an Authorization header; None where it has another scheme.

    RFC 6749 section 2.3.1: both are form-encoded first, then joined and encoded in base64. Raises ValueError, with a
    sentence for the client.
    """
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(value.strip().encode("ascii"), validate=True).decode()
    except ValueError as error:
        raise ValueError("The Basic credentials cannot be decoded.") from error
    client_id, colon, secret = map(unquote_plus, decoded.partition(":"))
    if not colon or "\x00" in client_id + secret:
        raise ValueError("The Basic credentials are not client_id:client_secret.")
    return client_id, secret
