"""The person and the client of a request to the token endpoint, for its event."""

from dataclasses import dataclass
from typing import NoReturn

from django.http import HttpRequest
from oauthlib.oauth2.rfc6749.errors import UnauthorizedClientError

from accounts.client_credentials import authentication
from accounts.client_credentials.authentication import Credentials
from accounts.models import Client, Grant, ProtectedResource, RefreshToken
from accounts.user_model import User


@dataclass(slots=True)
class Parties:
    """The client that authenticated, and the person whose code or token was presented, as far as known.

    `has_asserted`: the client authenticated with its key (private_key_jwt). `resource` is the protected resource that
    authenticated in place of a client. `detail` is for the event of a success, and `reason` for the event of a refusal,
    where it is more exact than the error code.
    """

    client: Client | None = None
    user: User | None = None
    has_asserted: bool = False
    resource: ProtectedResource | None = None
    detail: str = ""
    reason: str = ""

    def note_user(self, presented: Grant | RefreshToken | None) -> None:
        self.user = presented.user if presented is not None else None

    def refuse_unusable(
        self, client: Client | None, credentials: Credentials, audiences: list[str], requester: str
    ) -> NoReturn:
        """Raise the OAuth2Error for a client that is unknown (None), suspended or waits for approval."""
        if client is None or client.suspended_at is None:
            authentication.refuse_unknown(credentials)
        try:
            authentication.refuse_suspended(client, credentials, audiences, requester=requester)
        except UnauthorizedClientError:
            self.client, self.reason = client, "suspended_client"
            raise


def parties_of(request: HttpRequest) -> Parties:
    """Return the parties of `request`, which the validator completes while it checks the request."""
    found: Parties = request.__dict__.setdefault("_oauth_parties", Parties())
    return found
