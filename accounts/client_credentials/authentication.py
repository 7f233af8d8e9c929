"""Client authentication at the token and revocation endpoints (RFC 6749 section 2.3)."""

from typing import NamedTuple, NoReturn

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from accounts.client_credentials import assertions as client_assertions
from accounts.client_credentials import secrets
from accounts.http import basic_authentication
from accounts.models import Client

# The same message, after the same work, for an unknown client: the response does not reveal which clients exist.
WRONG_CREDENTIALS = "The client_id or the client_secret is wrong: no client is registered here with both."

NO_CLIENT = "The client_id is missing: send it in the body, or with the client_secret by HTTP Basic."

KEY_REQUIRED = "The operator of this server requires a client_assertion (private_key_jwt) of this client."


class Credentials(NamedTuple):
    client_id: str
    client_secret: str = ""
    assertion: str = ""


def credentials_of(request: Request) -> Credentials:
    """Return the credentials in an oauthlib request, from the Authorization header or else from the body.

    Raises InvalidClientError where the header cannot be read or disagrees with the body.
    """
    in_body = _in_body(request)
    try:
        in_header = basic_authentication.read(request.headers.get("Authorization", ""))
    except ValueError as error:
        raise InvalidClientError(description=str(error)) from error
    if in_header is None:
        return in_body
    if in_body.assertion:
        raise InvalidClientError(description="Authenticate by one method: the header or the client_assertion.")
    if in_body.client_id not in ("", in_header[0]):
        raise InvalidClientError(description="The Authorization header and the body name different clients.")
    return Credentials(*in_header)


def verify(client: Client, credentials: Credentials, audiences: list[str], *, requester: str = "") -> None:
    """Raise InvalidClientError unless `credentials` authenticate `client` by its registered method.

    A client may send its secret in the header or in the body, whichever of the two it registered. A public client is
    bound by PKCE alone, unless the operator requires its key. An assertion is verified even where none is required:
    `audiences` are the accepted values of its `aud`, and `requester` identifies the caller whose concurrent fetches of
    keys are limited.
    """
    if credentials.assertion:
        return client_assertions.verify(client, credentials.assertion, audiences, requester=requester)
    if client.requires_assertion:
        raise InvalidClientError(description=KEY_REQUIRED)
    if client.is_public:
        return
    if not client.has_secret:
        raise InvalidClientError(description="This client must authenticate with a client_assertion.")
    if not credentials.client_secret:
        raise InvalidClientError(description="This client must authenticate with its client_secret.")
    if not secrets.is_accepted(credentials.client_secret, client):
        raise InvalidClientError(description=WRONG_CREDENTIALS)


def refuse_unknown(credentials: Credentials) -> NoReturn:
    """Raise InvalidClientError for a client that is not registered here, after the work of a wrong secret.

    Raises InvalidRequestError for a request that names no client: on `invalid_client`, clients of the TypeScript SDK
    forget their registration.
    """
    if not credentials.client_id:
        raise InvalidRequestError(description=NO_CLIENT)
    if credentials.client_secret:
        secrets.is_accepted(credentials.client_secret, None)
        raise InvalidClientError(description=WRONG_CREDENTIALS)
    raise InvalidClientError(description="Invalid client_id: this client is not registered here.")


def _in_body(request: Request) -> Credentials:
    body = dict(request.decoded_body or [])
    assertion = body.get("client_assertion", "")
    if assertion and body.get("client_assertion_type") != client_assertions.ASSERTION_TYPE:
        raise InvalidClientError(description=f"client_assertion_type must be {client_assertions.ASSERTION_TYPE}.")
    # RFC 7521 section 4.2: client_id "is unnecessary for client assertion authentication".
    client_id = body.get("client_id") or (client_assertions.unverified_client_id(assertion) if assertion else "")
    return Credentials(client_id, body.get("client_secret", ""), assertion)
